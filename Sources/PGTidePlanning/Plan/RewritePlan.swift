import PostgresValues

/// How rows are found, and told, that a trigger of the target writes in another form than the source's, so that they would
/// be written again in every run.
///
/// Such a row is remembered by two hashes, of what the source sent and of what then stood on the target. As long as both
/// are what they were it counts as unchanged.
package struct RewritePlan: Sendable {
  package let triggers: TableTriggers
  /// Rows of some table are remembered, so that it is worth asking.
  package let isRemembering: Bool
  /// Every value has a binary form that means the same from run to run; otherwise the text is hashed.
  package let hasBinary: Bool

  /// No trigger: what is written is what stands.
  package static let none = RewritePlan(triggers: TableTriggers(), isRemembering: false, hasBinary: true)

  package var isPossible: Bool { !triggers.names.isEmpty }
}
