import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Checklists of tasks, whose rows the target numbers.
enum SamplePairs {
  private static let columns: [ColumnFacts] = [
    .column("task_id", .integer), .column("item", .text), .column("done", .numeric),
  ]

  /// - Parameter source: more columns of the source.
  static func servers(source: [ColumnFacts] = [], identity: ColumnFacts.Identity = .byDefault) -> SampleServers {
    var servers = SampleServers()
    servers.configuration.origin = .marker(column: "source", ours: "D")
    servers.source(.sample("items", columns + source))
    servers.target(.sample("items", [.key("id", .integer, identity: identity)] + columns + [.marker]))
    return servers
  }

  static func plan(_ pairing: PairingRule) throws -> SyncPlan {
    try servers().plan(TableConfiguration("items") { $0.pairing = pairing })
  }

  /// Those that only tables have whose rows are paired.
  static var statements: [TableStatement] {
    get throws {
      func pairing(_ rule: PairingRule) throws -> [TableStatement] {
        let plan = try plan(rule)
        return TableStatements(plan.tables[0], in: plan).all.filter { purposes.contains($0.purpose) }
      }
      return try pairing(.generated(match: ["task_id", "item"])) + pairing(.keyless)
    }
  }

  private static let purposes: Set<String> = [
    "say which rows of ours there are", "pair the staged rows with these",
    "keep others from writing, and make sure that nobody has since the rows were paired",
    "say in short what all rows look like", "insert what is missing",
  ]
}
