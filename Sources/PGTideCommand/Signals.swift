import Glibc
import Synchronization
import UnixSignals

/// Runs `body` until it ends, or until SIGINT or SIGTERM cancels it. A second signal leaves at once, without cleaning
/// up: the servers end the transactions by themselves.
///
/// Throws: what `body` throws; ``CommandFailure`` with the signal's exit code when a signal cancelled it.
func untilSignal<R: Sendable>(
  _ log: CommandLog,
  stopped: String = "stopped before the end. Tables that had landed stay; the others are as they were.",
  _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
  let received = FirstSignal()
  let work = Task { try await body() }
  // Both tasks are joined below: the work by its result, the watcher by its cancellation.
  return try await withThrowingTaskGroup(of: Void.self) { watchers in
    watchers.addTask {
      for await signal in signals {
        guard received.note(signal) else { _exit(PGTideExit.leftAtOnce.rawValue) }
        log.interrupted(signal)
        work.cancel()
      }
    }
    defer { watchers.cancelAll() }
    do {
      return try await work.value
    } catch is CancellationError {
      throw CommandFailure(
        stopped, received.signal.map { PGTideExit($0) } ?? .interrupted)
    }
  }
}

extension PGTideExit {
  init(_ signal: UnixSignal) { self = signal == .sigterm ? .terminated : .interrupted }
}

/// The signal that came first.
private final class FirstSignal: Sendable {
  private let first = Mutex<UnixSignal?>(nil)

  var signal: UnixSignal? { first.withLock(\.self) }

  /// Returns whether it is the first.
  func note(_ signal: UnixSignal) -> Bool {
    first.withLock { first in
      guard first == nil else { return false }
      first = signal
      return true
    }
  }
}
