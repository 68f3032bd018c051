/// When chunks are kept on disk.
public enum SpillMode: String, Sendable, Equatable, CaseIterable {
  /// Rows go from the source to the target directly.
  case never
  /// All rows are first read to the disk, so that the source is released, and loaded from there.
  case always
}
