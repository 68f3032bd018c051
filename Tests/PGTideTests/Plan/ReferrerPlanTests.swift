import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What is decided about foreign keys that point at a table and write to the rows which have them.
@Suite struct ReferrerPlanTests {
  private func planning(
    to referenced: Identifier = "name", canRead: Bool = true, onUpdate: UpdateRule = .reject
  ) throws -> TablePlanning {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    let columns: [ColumnFacts] = [.key("id", .integer), .column("name", .text)]
    servers.source(.sample("t", columns, rows: 400))
    servers.target(
      .sample("t", columns, rows: nil) {
        $0.referrers = [
          Referrer(
            name: "note_t_fkey", table: QualifiedName("public", "note"), isPartitioned: false, action: .setNull,
            columns: ["t"], referenced: [referenced], equality: ["OPERATOR(pg_catalog.=)"], canRead: canRead)
        ]
      })
    return try servers.planning(TableConfiguration("t") { $0.onUpdate = onUpdate })
  }

  @Test func `rows that cannot be seen refuse the plan`() throws {
    var planning = try planning(canRead: false)
    #expect(planning.plan() == nil)
    #expect(planning.problems.map(\.problem).contains { $0.contains("(note_t_fkey), and not all of them can be seen") })
  }

  @Test func `rows that cannot be seen do not matter where the update is allowed`() throws {
    var planning = try planning(canRead: false, onUpdate: .allow)
    #expect(planning.plan()?.wouldWriteOthers == nil)
    #expect(planning.problems.isEmpty)
    #expect(planning.notices.contains { $0.hasSuffix("writes to them, too, as configured") })
  }

  @Test func `a table that is not of the run has no row of ours`() throws {
    var planning = try planning()
    #expect(planning.plan()?.wouldWriteOthers?.text.contains(#"FROM ONLY "public"."note" c1"#) == true)
    #expect(planning.notices.contains { $0.hasSuffix("an update of such a row is rejected") })
  }

  @Test func `a column that no update sets needs no guard`() throws {
    var planning = try planning(to: "id", canRead: false)
    #expect(planning.plan()?.referrers.isEmpty == true)
    #expect(planning.problems.isEmpty)
  }
}
