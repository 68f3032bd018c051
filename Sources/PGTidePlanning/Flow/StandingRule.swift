/// What becomes of rows of ours on the target that differ from what the source has.
public enum StandingRule: String, Sendable, CaseIterable {
  /// They are updated. The default.
  case write
  /// They stay as they are: rows go in once.
  case keep
}
