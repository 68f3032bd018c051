/// What went wrong with a throwaway server: what was being done, what the command said, and what to try.
public struct ClusterError: Error, Sendable, CustomStringConvertible {
  /// What was being done, such as `start the server in /tmp/x`.
  public var operation: String
  /// What the failed command wrote, or the end of the server's log. May be empty.
  public var output: String
  public var hint: String?

  public init(_ operation: String, output: String = "", hint: String? = nil) {
    self.operation = operation
    self.output = output
    self.hint = hint
  }

  public var description: String {
    var text = "could not \(operation)"
    if !output.isEmpty { text += ":\n\(output)" }
    if let hint { text += "\nHint: \(hint)" }
    return text
  }
}
