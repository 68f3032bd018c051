/// Where log lines go: the error output, at once, or when nobody is drawing there any more.
final class LogOutput: Sendable {
  private let held = HeldLines()
  private let sink: @Sendable (String) -> Void

  init(_ sink: @escaping @Sendable (String) -> Void = Console.error) { self.sink = sink }

  func write(_ line: String) { if !held.keep(line) { sink(line) } }

  /// Keeps lines back until ``release()``: live bars would be drawn over them.
  func hold() { held.begin() }

  func release() { for line in held.end() { sink(line) } }
}
