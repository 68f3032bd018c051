import Glibc
import Synchronization
import UnixSignals

/// The signals so far, and what each means.
final class ReceivedSignals: Sendable {
  enum Meaning { case begin, goOn, leave }

  private struct State {
    var first: UnixSignal?
    /// Somebody has asked for the end.
    var isAsked = false
  }

  private let state = Mutex(State())

  /// The one that came first.
  var first: UnixSignal? { state.withLock(\.first) }

  /// A terminal that goes tells it more than once, and session managers send SIGHUP behind or before SIGTERM: neither
  /// is impatience.
  func note(_ signal: UnixSignal) -> Meaning {
    state.withLock { state in
      let isAsked = state.isAsked
      if signal != .sighup { state.isAsked = true }
      if state.first == nil {
        state.first = signal
        return .begin
      }
      return isAsked && signal != .sighup ? .leave : .goOn
    }
  }
}
