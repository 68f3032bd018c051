import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Rows that go in once (`updates: keep`), and rows without a marker.
@Suite struct StandingRowTests {
  private static let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text)]
  /// Without a key, as a desktop's tables are.
  private static let plain: [ColumnFacts] = [.column("id", .integer), .column("name", .text)]

  private func planning(
    target: [ColumnFacts] = columns, _ change: (inout TableConfiguration) -> Void
  ) throws -> TablePlanning {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.source(.sample("t", Self.columns, rows: 400))
    servers.target(.sample("t", target))
    return try servers.planning(TableConfiguration("t", change))
  }

  @Test func `a table whose rows stay as they are sets no column, and says so`() throws {
    var planning = try planning { $0.updates = .keep }
    let made = planning.plan()
    let plan = try #require(made)
    #expect(plan.setColumns.isEmpty)
    #expect(plan.keepsStanding)
    #expect(plan.notices.contains { $0.contains("`updates: keep`") })
    // Whatever came there meanwhile is not written either.
    #expect(MergeSQL(table: plan).updateAgain.text.contains("AND false"))
  }

  @Test func `rows without a key are paired by columns only where none is updated`() throws {
    var keeping = try planning(target: Self.plain) {
      $0.pairing = .keylessBy(match: ["id"])
      $0.updates = .keep
    }
    let made = keeping.plan()
    let plan = try #require(made)
    #expect(plan.key.pairing?.match.map(\.name) == ["id"])
    #expect(plan.digest.reasonForReading == "rows that stay as they are may look otherwise")
    var writing = try planning(target: Self.plain) { $0.pairing = .keylessBy(match: ["id"]) }
    let refused = writing.plan()
    #expect(refused == nil)
    #expect(
      writing.problems.map(\.problem) == ["`match` stands beside `key: none`, and a row without a key is not updated"])
  }

  @Test(arguments: [NullMarkerRule.ours, .protected])
  func `whose a row without a marker is, is said in every statement`(null: NullMarkerRule) throws {
    var servers = SampleServers()
    servers.configuration.origin = .marker(column: "source", ours: "M", null: null)
    servers.source(.sample("t", Self.columns, rows: 400))
    servers.target(.sample("t", Self.columns + [.marker]))
    var planning = try servers.planning(TableConfiguration("t"))
    let plan = planning.plan()
    let isOurs = try #require(plan?.origin?.isOurs("t")).text
    #expect(isOurs.hasSuffix(null == .ours ? #"OR t."source" IS NULL)"# : #"AND t."source" IS NOT NULL)"#))
  }
}
