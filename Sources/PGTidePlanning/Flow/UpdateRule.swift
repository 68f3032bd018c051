/// What happens to an update that would write to rows which are not ours, through a foreign key of theirs with ON UPDATE
/// CASCADE, SET NULL or SET DEFAULT.
public enum UpdateRule: String, Sendable, CaseIterable {
  /// The row is a reject. The default.
  case reject
  /// The row is updated, and the server writes to those that refer to it.
  case allow
}
