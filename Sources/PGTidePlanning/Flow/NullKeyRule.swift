/// What a NULL in the key of a source row means.
public enum NullKeyRule: String, Sendable, CaseIterable {
  /// The row has no key, and is a reject. The default.
  case reject
  /// It is a value like others, as the target's unique index has it (NULLS NOT DISTINCT).
  case equal
}
