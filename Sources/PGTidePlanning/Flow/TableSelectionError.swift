/// Why a selection of tables cannot be used.
public enum TableSelectionError: Error, Sendable, Hashable, CustomStringConvertible {
  case noMatch(pattern: String, nearest: String?)
  case nothingLeft

  public var description: String {
    switch self {
    case .noMatch(let pattern, let nearest):
      "no table of the configuration matches `\(pattern)`" + (nearest.map { "; did you mean `\($0)`?" } ?? "")
    case .nothingLeft: "--exclude leaves no table to work on"
    }
  }
}
