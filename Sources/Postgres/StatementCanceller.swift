import CLibPQ
import Dispatch
import Glibc
import Synchronization

/// Ends the statement that a connection is waiting for, from any thread.
///
/// First the polite way, a cancel request to the server (manual, "34.7 Canceling Queries in Progress"), which leaves
/// the connection usable; if the wait goes on for `grace` after that, the socket is shut down, which ends it whatever
/// the other side does. Nothing happens while no statement is in flight.
@safe final class StatementCanceller: Sendable {
  private struct State {
    var socket: Int32
    /// Counts the waits, so that a late request does not hit the next statement.
    var wait = 0
    var isWaiting = false
    var hasStalled = false
  }

  /// What a wait looks like from outside. Two that are equal at different times: nothing has moved between them.
  struct Pulse: Sendable, Equatable {
    fileprivate let wait: Int
    fileprivate let progress: Int
  }

  /// libpq's cancel object, which any thread may use (manual, "34.7"). Owned; freed with this object.
  private nonisolated(unsafe) let request: OpaquePointer?
  private let state: Mutex<State>
  /// Counts the rows and buffers that went through a wait.
  private let progress = Atomic<Int>(0)
  private static let queue = DispatchQueue(label: "pgtide.cancel", attributes: .concurrent)
  static let grace: Duration = .seconds(5)

  /// `connection` must be established.
  init(connection: OpaquePointer) {
    unsafe request = PQgetCancel(connection)
    state = Mutex(State(socket: unsafe PQsocket(connection)))
  }

  deinit { if let request = unsafe request { unsafe PQfreeCancel(request) } }

  /// Marks the start of a wait. If it is not over after `deadline`, the socket is shut down.
  func begin(deadline: Duration? = nil) {
    let wait = state.withLock { state in
      state.isWaiting = true
      state.wait += 1
      return state.wait
    }
    if let deadline { shutDown(wait: wait, after: deadline) }
  }

  func end() { state.withLock { $0.isWaiting = false } }

  /// Something of the wait's data has come or gone.
  func noteProgress() { progress.wrappingAdd(1, ordering: .relaxed) }

  /// `nil` while nothing is waited for.
  var pulse: Pulse? {
    let wait = state.withLock { $0.isWaiting ? $0.wait : nil }
    return wait.map { Pulse(wait: $0, progress: progress.load(ordering: .relaxed)) }
  }

  /// Ends a wait in which nothing has moved since `pulse`.
  func giveUp(_ pulse: Pulse) {
    state.withLock { state in
      guard state.isWaiting, state.wait == pulse.wait, progress.load(ordering: .relaxed) == pulse.progress,
        state.socket >= 0
      else { return }
      state.hasStalled = true
      _ = shutdown(state.socket, Int32(SHUT_RDWR))
    }
  }

  /// The connection was given up because its link had stalled.
  var hasStalled: Bool { state.withLock(\.hasStalled) }

  /// The connection is being closed: its socket's number may soon be another's.
  func forgetSocket() { state.withLock { $0.socket = -1 } }

  /// Asks the server to end the statement in flight, and shuts the socket down if that does not help.
  func cancel() {
    let wait: Int? = state.withLock { $0.isWaiting ? $0.wait : nil }
    guard let wait else { return }
    // The request opens a connection of its own and may block; the caller may hold a lock of the task system.
    Self.queue.async { self.requestCancel() }
    shutDown(wait: wait, after: Self.grace)
  }

  /// Sends the cancel request and waits until the server has taken it.
  func requestCancel() {
    guard let request = unsafe request else { return }
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      // A refusal changes nothing: the shutdown that follows ends the wait.
      _ = unsafe PQcancel(request, message.baseAddress, 256)
    }
  }

  private func shutDown(wait: Int, after delay: Duration) {
    let nanoseconds = Int(delay.components.seconds) * 1_000_000_000 + Int(delay.components.attoseconds / 1_000_000_000)
    Self.queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in
      self?.state.withLock { state in
        guard state.isWaiting, state.wait == wait, state.socket >= 0 else { return }
        _ = shutdown(state.socket, Int32(SHUT_RDWR))
      }
    }
  }
}
