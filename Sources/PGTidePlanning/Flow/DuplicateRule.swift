import PostgresValues

/// What happens to source rows that share a key.
public enum DuplicateRule: Sendable, Equatable {
  /// All of them are rejects, because none is known to be the right one. The default (`error` in the file).
  case rejectAll
  /// The row with the lowest value of an SQL expression on the source goes in, the others are rejects.
  case first(by: String)
  /// The row with the highest value of an SQL expression on the source goes in, the others are rejects.
  case last(by: String)
}
