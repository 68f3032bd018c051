import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Cards whose rows go when the source no longer has them, and triggers of the target run then.
enum SampleDeletes {
  static func plan() throws -> SyncPlan {
    var servers = SampleServers()
    servers.configuration.origin = .marker(column: "source", ours: "D")
    servers.configuration.deletes = .remove
    servers.source(.sample("cards", [.key("id", .integer), .column("name", .text)]))
    servers.target(
      .sample("cards", [.key("id", .integer), .column("name", .text), .marker]) {
        $0.hasTriggers = true
        $0.hasDeleteTriggers = true
        $0.waitingDeleteTriggers = ["\"public\".\"archive\""]
        $0.dependents = [
          Dependent(
            name: "lines_card_id_fkey", table: QualifiedName("public", "lines"), isPartitioned: false,
            columns: ["card_id"], referenced: ["id"], equality: ["OPERATOR(pg_catalog.=)"], canRead: true)
        ]
      })
    return try servers.plan(TableConfiguration("cards"))
  }

  /// Those that only such tables have.
  static var statements: [TableStatement] {
    get throws {
      let plan = try plan()
      return TableStatements(plan.tables[0], in: plan).all.filter { statement in
        purposes.contains { statement.purpose.contains($0) }
      }
    }
  }

  private static let purposes = [
    "the source no longer has", "leave those alone", "take them down", "take down", "delete the others",
    "triggers have", "a trigger has kept", "that wait",
    "triggers wait",
  ]
}
