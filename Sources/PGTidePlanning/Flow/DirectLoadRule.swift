/// Whether empty tables are loaded straight from the source, without a stage.
public enum DirectLoadRule: String, Sendable, Equatable, CaseIterable {
  /// Where nothing needs a stage.
  case auto
  case never
}
