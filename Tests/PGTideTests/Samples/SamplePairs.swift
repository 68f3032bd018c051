import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Checklists of tasks, whose rows the target numbers.
enum SamplePairs {
  private static let columns: [ColumnFacts] = [
    .column("task_id", .integer), .column("item", .text), .column("done", .numeric),
  ]

  /// - Parameters:
  ///   - source: more columns of the source.
  ///   - hasTriggers: a trigger of the target may write its rows in another form.
  static func servers(
    source: [ColumnFacts] = [], identity: ColumnFacts.Identity = .byDefault, hasTriggers: Bool = false
  ) -> SampleServers {
    var servers = SampleServers()
    servers.configuration.origin = .marker(column: "source", ours: "D")
    servers.source(.sample("items", columns + source))
    servers.target(
      .sample("items", [.key("id", .integer, identity: identity)] + columns + [.marker]) {
        guard hasTriggers else { return }
        $0.triggers = TableTriggers(names: ["tidy_item"], fingerprint: "00ff")
        $0.hasBeforeTriggers = true
      })
    return servers
  }

  static func plan(_ pairing: PairingRule, hasTriggers: Bool = false) throws -> SyncPlan {
    try servers(hasTriggers: hasTriggers).plan(TableConfiguration("items") { $0.pairing = pairing })
  }

  /// Those that only tables have whose rows are paired.
  static var statements: [TableStatement] {
    get throws {
      func pairing(_ rule: PairingRule, hasTriggers: Bool = false) throws -> [TableStatement] {
        let plan = try plan(rule, hasTriggers: hasTriggers)
        let purposes = hasTriggers ? purposesOfTriggers : purposes
        return TableStatements(plan.tables[0], in: plan).all.filter { purposes.contains($0.purpose) }
      }
      let generated = PairingRule.generated(match: ["task_id", "item"])
      return try pairing(generated) + pairing(.keyless) + pairing(generated, hasTriggers: true)
    }
  }

  private static let purposesOfTriggers: Set<String> = [
    "make sure that the rows will be paired again", "remember what triggers made of the rows",
  ]

  private static let purposes: Set<String> = [
    "say which rows there are", "pair the staged rows with these",
    "keep others from writing, and make sure that nobody has since the rows were paired",
    "say in short what all rows look like", "insert what is missing",
  ]
}
