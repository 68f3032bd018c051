import PostgresValues

/// How a row differs between the two ends. The value is its code in the session's lists of differences (``CheckSQL``).
public enum DifferenceKind: String, Sendable, Codable, CaseIterable {
  /// Both ends have it, and it looks otherwise.
  case differs
  /// Only the source has it.
  case sourceOnly = "source_only"
  /// Only the target has it, and it is ours.
  case targetOnly = "target_only"
  /// The target has a row of its own under this key, which looks otherwise and which no sync changes.
  case protected
  /// It differs because a trigger of the target has rewritten it, which no sync changes.
  case rewritten
  /// The source's row cannot go into the target: a sync rejects it each time.
  case rejected
  /// It looked otherwise at the second look, or differed no more.
  case changing
}
