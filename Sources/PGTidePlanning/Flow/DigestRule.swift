/// Whether both ends say in short what their rows look like, so that those which are the same need not be read.
public enum DigestRule: String, Sendable, Equatable, CaseIterable {
  /// Where it is sure to find the same as a comparison of single rows.
  case auto
  case never
}
