/// Where in a binary COPY stream the next byte stands.
public enum CopyPosition: Sendable, Equatable, CustomStringConvertible {
  case withinHeader
  /// After the header or a tuple, before a tuple or the trailer: here a stream can be cut.
  case betweenTuples
  case withinTuple
  /// Between the trailer's two bytes.
  case withinTrailer
  case afterTrailer

  public var description: String {
    switch self {
    case .withinHeader: "within its header"
    case .betweenTuples: "before its trailer"
    case .withinTuple: "within a row"
    case .withinTrailer: "within its trailer"
    case .afterTrailer: "after its trailer"
    }
  }
}
