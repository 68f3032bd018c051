import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// The built `pgtide`, run as a user runs it.
struct PGTideProcess: Sendable {
  /// The program's file.
  let program: String
  /// Holds `pgtide.yaml` and what it writes.
  let directory: String
  let office: String
  let app: String

  /// How a run ended.
  struct Ended: Sendable {
    /// The exit status; `nil` when a signal ended it.
    var status: Int32?
    var signal: Int32?
    var output: String
    var errors: String
    var duration: Duration
    var hasHung: Bool

    var label: String { status.map { "exit \($0)" } ?? "signal \(signal ?? 0)" }
  }

  /// Longer than every time-out of a run together.
  private static let patience = Duration.seconds(90)

  /// Runs `pgtide sync` to its end. `victim` learns its process.
  func sync(_ arguments: [String] = [], victim: Victim = Victim()) async throws -> Ended {
    let start = ContinuousClock.now
    let script = #"cd "$1" && shift && exec "$0" sync --json "$@" >out 2>errors"#
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Task.sleep(for: Self.patience)
        victim.kill(becauseItHangs: true)
      }
      defer { group.cancelAll() }
      let result = try await run(
        .name("sh"), arguments: Arguments(["-c", script, program, directory] + arguments),
        environment: .inherit.updating(["OFFICE": office, "APP": app, "TMPDIR": "\(directory)/tmp"]),
        input: .none, output: .discarded, error: .discarded
      ) { execution in victim.isBorn(execution.processIdentifier.value) }
      victim.isGone()
      var ended = Ended(
        output: try text("out"), errors: try text("errors"), duration: start.duration(to: .now),
        hasHung: victim.hasHung)
      switch result.terminationStatus {
      case .exited(let status): ended.status = status
      case .signaled(let signal): ended.signal = signal
      }
      return ended
    }
  }

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
  }
}

/// A process that may be killed before it is known, and no more when it is gone.
final class Victim: Sendable {
  private struct State {
    var pid: pid_t?
    var isWanted = false
    var isGone = false
    var hasHung = false
  }

  private let state = Mutex(State())

  var hasHung: Bool { state.withLock(\.hasHung) }

  func isBorn(_ pid: pid_t) {
    state.withLock { state in
      state.pid = pid
      if state.isWanted { _ = Glibc.kill(pid, SIGKILL) }
    }
  }

  func isGone() {
    state.withLock { $0.isGone = true }
  }

  func kill(becauseItHangs hasHung: Bool = false) {
    state.withLock { state in
      guard !state.isGone else { return }
      state.isWanted = true
      state.hasHung = hasHung
      if let pid = state.pid { _ = Glibc.kill(pid, SIGKILL) }
    }
  }
}
