import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// By which columns rows that exchange unique values are taken apart.
@Suite struct ParkingPlanTests {
  private func plan(_ columns: [ColumnFacts], _ indexes: [[Identifier]], isNullsEqual: Bool = false) throws
    -> TablePlan?
  {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    let all = [ColumnFacts.key("id", .integer)] + columns
    servers.source(.sample("t", all))
    servers.target(
      .sample("t", all) { table in
        table.uniqueIndexes += indexes.enumerated().map { number, columns in
          var index = UniqueIndex(
            name: Identifier("unique_\(number)"), columns: columns,
            equality: columns.map { _ in "OPERATOR(pg_catalog.=)" }, isPrimary: false, isImmediate: true,
            isPartial: false, isValid: true)
          index.isNullsEqual = isNullsEqual
          return index
        }
      })
    var planning = try servers.planning(TableConfiguration("t"))
    return planning.plan()
  }

  private func parked(_ plan: TablePlan?) -> [String] {
    (plan?.parkedColumns ?? []).map { parked in
      if case .null = parked.place { "\(parked.column.name) NULL" } else { "\(parked.column.name) value" }
    }
  }

  @Test func `a column that takes NULL is taken before one that does not`() throws {
    let columns: [ColumnFacts] = [.column("a", .text, isNotNull: true), .column("b", .integer)]
    #expect(try parked(plan(columns, [["a", "b"]])) == ["b NULL"])
    #expect(try parked(plan(columns, [["a"], ["b"]])) == ["a value", "b NULL"])
    #expect(try parked(plan(columns, [["a", "b"]], isNullsEqual: true)) == ["a value"])
  }

  @Test func `one column is enough for indexes that share it, and the key has none`() throws {
    let columns: [ColumnFacts] = [.column("a", .integer), .column("b", .integer)]
    #expect(try parked(plan(columns, [["a"], ["b", "a"]])) == ["a NULL"])
    #expect(try parked(plan(columns, [])) == [])
  }

  @Test func `indexes over columns that are filled are known by name`() throws {
    let columns: [ColumnFacts] = [.column("a", .integer), .column("b", .integer)]
    #expect(try plan(columns, [["a"], ["b", "a"]])?.uniqueValues.map(\.index) == ["unique_0", "unique_1"])
  }
}
