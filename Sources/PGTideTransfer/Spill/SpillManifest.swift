import FoundationEssentials
import Postgres

/// What stands beside the files of a spill: whose rows they are, and how to tell that they still are what was written.
///
/// No password is among it, and no SQL of the user's: of that there are fingerprints.
package struct SpillManifest: Sendable, Codable {
  /// Another format is not read.
  package static let currentFormat = "pgtide spill 3"
  package static let fileName = "manifest.json"

  package var format = currentFormat
  package let flow: String
  /// The run that made it, and those that took it up again.
  package var runs: [String]
  /// When the first of them began, as the target's history has it.
  package let began: String
  package let source: SpillEnd
  package let target: SpillEnd
  /// What the plan was made from, so that it can be made again without the source.
  package let knownSource: KnownSource
  /// All rows of all tables are in the files.
  package var isComplete = false
  package var tables: [SpilledTable]

  package var chunks: [SpilledChunk] { tables.flatMap(\.chunks) }
}

extension TablePlan {
  /// Changes whenever a staged row of the same source would look otherwise, or other rows would be read.
  package var spillFingerprint: String {
    let select = stage.columns.map { "\($0.select.text) AS \($0.name.quoted)" }.joined(separator: ", ")
    let filter = source.filter.map { " WHERE \($0.text)" } ?? ""
    return Fingerprint.of("\(stage.signature)\n\(select)\n\(source.from.text)\(filter)")
  }
}
