import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What the server's errors at the end of a landing mean, and for which table.
@Suite struct LandingTests {
  private func tables() throws -> [TablePlan] { try SampleOffice.plain.plan.0.tables }

  /// As the server says it in its own language, with the text in its quotes.
  private func changed(place: Int, _ fingerprint: String, sqlState: String = "22P02") -> PostgresError {
    PostgresError(
      kind: .statement, connection: "target 1", sqlState: sqlState,
      message: "invalid input syntax for type boolean: \"\(TargetChange.prefix) \(place) \(fingerprint)\"")
  }

  @Test func `a table that was changed since the plan is named, though others land with it`() throws {
    let tables = try tables()
    #expect(tables.count == 2)
    let error = Landing.explained(changed(place: 2, "columns:ff"), of: tables, while: "merged")
    #expect(error.relation == tables[1].target)
    #expect(error.saysTableChanged)
    #expect(error.message.contains("columns"))
  }

  @Test func `a table that is gone is told as such`() throws {
    let error = Landing.explained(changed(place: 1, ""), of: try tables(), while: "merged")
    #expect(error.relation == (try tables()[0].target))
    #expect(error.saysTableChanged)
    #expect(error.message.contains("it is gone"))
  }

  @Test func `only what differs is told of a changed table`() throws {
    let change = try #require(TargetChange(changed(place: 1, "columns:1, triggers:2, types:3")))
    #expect(change.place == 1)
    #expect(change.kinds(since: "columns:1, triggers:9, types:3") == "triggers")
    #expect(change.kinds(since: "columns:8, triggers:2, constraints:5") == "columns, constraints, types")
    #expect(change.kinds(since: "columns:1, triggers:2, types:3") == "")
  }

  @Test func `a place that no table has, and a value that only looks alike, are no change`() throws {
    let tables = try tables()
    #expect(!Landing.explained(changed(place: 3, "columns:1"), of: tables, while: "merged").saysTableChanged)
    #expect(!Landing.explained(changed(place: 0, "columns:1"), of: tables, while: "merged").saysTableChanged)
    #expect(TargetChange(changed(place: 1, "columns:1", sqlState: "22023")) == nil)
  }

  @Test func `another error belongs to a table only where it lands alone`() throws {
    let tables = try tables()
    let error = PostgresError(
      kind: .statement, connection: "target 1", sqlState: SQLState.deadlockDetected, message: "deadlock detected")
    let together = Landing.explained(error, of: tables, while: "merged")
    #expect(together.relation == nil)
    #expect(together.cause?.sqlState == SQLState.deadlockDetected)
    #expect(Landing.explained(error, of: [tables[1]], while: "merged").relation == tables[1].target)
  }
}
