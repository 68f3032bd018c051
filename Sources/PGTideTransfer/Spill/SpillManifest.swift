import FoundationEssentials
import Postgres

/// What stands beside the files of a spill: whose rows they are, and how to tell that they still are what was written.
///
/// No password is among it, and no SQL of the user's: of that there are fingerprints.
struct SpillManifest: Sendable, Codable {
  /// Another format is not read.
  static let currentFormat = "pgtide spill 3"
  static let fileName = "manifest.json"

  var format = currentFormat
  let flow: String
  /// The run that made it, and those that took it up again.
  var runs: [String]
  /// When the first of them began, as the target's history has it.
  let began: String
  let source: SpillEnd
  let target: SpillEnd
  /// What the plan was made from, so that it can be made again without the source.
  let knownSource: KnownSource
  /// All rows of all tables are in the files.
  var isComplete = false
  var tables: [SpilledTable]

  var chunks: [SpilledChunk] { tables.flatMap(\.chunks) }
}

/// A table of the spill.
struct SpilledTable: Sendable, Codable {
  let table: QualifiedName
  let label: String
  /// Of what decides which rows and values are in the files.
  let fingerprint: String
  var chunks: [SpilledChunk]

  /// What runs of other flows, whose schemas may be others, call it in the history.
  var names: [String] { [label, "\(table)", table.name.name] }
}

extension TablePlan {
  /// Changes whenever a staged row of the same source would look otherwise, or other rows would be read.
  var spillFingerprint: String {
    let select = stage.columns.map { "\($0.select.text) AS \($0.name.quoted)" }.joined(separator: ", ")
    let filter = source.filter.map { " WHERE \($0.text)" } ?? ""
    return Fingerprint.of("\(stage.signature)\n\(select)\n\(source.from.text)\(filter)")
  }
}

/// What the source said when the run was planned.
struct KnownSource: Sendable, Codable {
  private var catalog: Catalog
  private let pooler: Pooler
  private let described: [DescribeRequest.Subject: [ColumnDescription]]
  private let types: [ColumnDescription: TypeFacts]

  init(_ facts: SourceFacts) {
    catalog = facts.catalog
    // A run that asks the source nothing needs no connection to it.
    catalog.server.limits = []
    pooler = facts.pooler
    described = facts.described.compactMapValues { try? $0.get() }
    types = facts.types
  }

  var facts: SourceFacts {
    SourceFacts(catalog: catalog, pooler: pooler, described: described.mapValues { .success($0) }, types: types)
  }
}
