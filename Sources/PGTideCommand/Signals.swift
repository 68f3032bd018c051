import Glibc
import Synchronization
import UnixSignals

/// Runs `body` until it ends, or until SIGINT, SIGTERM or SIGHUP cancels it. A second SIGINT or SIGTERM leaves at once,
/// without cleaning up: the servers end the transactions by themselves.
///
/// Throws: what `body` throws; ``CommandFailure`` with the signal's exit code when a signal cancelled it.
func untilSignal<R: Sendable>(
  _ log: CommandLog,
  stopped: String = "stopped before the end",
  _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm] + (HangUp.isIgnored ? [] : [.sighup]))
  let received = ReceivedSignals()
  let work = Task { try await body() }
  // Both tasks are joined below: the work by its result, the watcher by its cancellation.
  return try await withThrowingTaskGroup(of: Void.self) { watchers in
    watchers.addTask {
      for await signal in signals {
        switch received.note(signal) {
        case .begin:
          log.interrupted(signal)
          work.cancel()
        case .goOn: break
        case .leave: _exit(PGTideExit.leftAtOnce.rawValue)
        }
      }
    }
    defer { watchers.cancelAll() }
    do {
      return try await work.value
    } catch is CancellationError {
      throw CommandFailure(
        stopped, received.first.map { PGTideExit($0) } ?? .interrupted)
    }
  }
}

extension PGTideExit {
  init(_ signal: UnixSignal) {
    self =
      switch signal {
      case .sigterm: .terminated
      case .sighup: .hungUp
      default: .interrupted
      }
  }
}

/// SIGHUP, by which a run learns that its terminal or session has gone.
private enum HangUp {
  /// Who started it wants it to outlive the terminal, as `nohup` does.
  static let isIgnored: Bool = {
    let before = signal(SIGHUP, SIG_IGN)
    _ = signal(SIGHUP, before)
    return unsafe unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }()
}
