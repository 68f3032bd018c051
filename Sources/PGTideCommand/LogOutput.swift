import Synchronization

/// Where log lines go: the error output, or whoever draws there meanwhile.
final class LogOutput: Sendable {
  private let sink: @Sendable (String) -> Void
  private let screen = Mutex<(@Sendable (String) -> Void)?>(nil)

  init(_ sink: @escaping @Sendable (String) -> Void = Console.error) { self.sink = sink }

  func write(_ line: String) { (screen.withLock(\.self) ?? sink)(line) }

  /// Hands lines to `screen` until ``restore()``: live bars would be drawn over them.
  func divert(to screen: @escaping @Sendable (String) -> Void) { self.screen.withLock { $0 = screen } }

  func restore() { screen.withLock { $0 = nil } }
}
