/// What becomes of rows of ours on the target that the source no longer has.
public enum DeleteRule: String, Sendable, CaseIterable {
  /// They are counted. The default.
  case keep
  /// They are deleted, as far as nothing that stays refers to them.
  case remove
}
