import Postgres

/// A table of the spill.
package struct SpilledTable: Sendable, Codable {
  package let table: QualifiedName
  package let label: String
  /// Of what decides which rows and values are in the files.
  package let fingerprint: String
  package var chunks: [SpilledChunk]

  /// What runs of other flows, whose schemas may be others, call it in the history.
  package var names: [String] { [label, "\(table)", table.name.name] }
}
