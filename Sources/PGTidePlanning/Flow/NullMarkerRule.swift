/// Whose a row of the target is whose marker is NULL.
public enum NullMarkerRule: String, Sendable, CaseIterable {
  /// Ours. The default.
  case ours
  /// Not ours: it is never written.
  case protected
}
