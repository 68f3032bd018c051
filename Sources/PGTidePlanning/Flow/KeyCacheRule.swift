/// Whether rows that lack their parent are looked for on the way.
public enum KeyCacheRule: String, Sendable, Equatable, CaseIterable, Codable {
  /// Their keys are asked for while the rows are read; what has no parent crosses in a short form.
  case on
  /// Every row crosses whole, and the comparison finds what lacks its parent.
  case off
}
