/// How the foreign keys of inserted rows are kept.
public enum IntegrityRule: String, Sendable, Equatable, CaseIterable {
  /// Proved in sets where that is as safe as the server's triggers, and faster; by triggers elsewhere.
  case auto
  /// Always by the server's triggers, row by row.
  case triggers
}
