/// Everything that is wrong with a configuration file, in the order of its lines.
///
/// It never quotes an expanded connection string.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  public var path: String
  public var mistakes: [Mistake]

  /// One mistake, with its place in the file (both counted from 1; `nil` where it has none).
  public struct Mistake: Sendable, Hashable {
    public var line: Int?
    public var column: Int?
    public var message: String

    package init(line: Int? = nil, column: Int? = nil, message: String) {
      self.line = line
      self.column = column
      self.message = QuotedSecret.hide(in: message)
    }
  }

  /// One line a mistake, in the form that editors jump to: `pgtide.yaml:12:3: unknown key …`.
  public var description: String {
    mistakes.map { mistake in
      let place = [path, mistake.line.map(String.init), mistake.column.map(String.init)].compactMap(\.self)
      return place.joined(separator: ":") + ": " + mistake.message
    }.joined(separator: "\n")
  }
}
