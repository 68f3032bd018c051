/// What keeps a table with `deletes: remove` from being written, because it looks as if the source were wrong.
public enum DeleteBrake: String, Sendable, Codable, CaseIterable {
  /// More rows would go than `max_delete` allows.
  case tooMany = "too_many_deletes"
  /// The source has no row, and the target has rows that came from there.
  case sourceEmpty = "source_empty"
  /// The source has lost more rows since the last run than `max_drop` allows.
  case sourceShrank = "source_shrank"
  /// What `expect` asks for is not there.
  case unexpected = "expectation_failed"
}
