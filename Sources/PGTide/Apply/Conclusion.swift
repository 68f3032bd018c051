import Postgres

/// The last statements before a COMMIT.
enum Conclusion: Sendable {
  /// They answer nothing, and travel with it.
  case statements([SQL])
  /// Fails if nothing may be committed.
  case check(Question<Void>)
}
