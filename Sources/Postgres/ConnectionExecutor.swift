import Dispatch

/// Runs one connection's work on a thread of its own.
///
/// libpq blocks while it waits for the server; on Swift's cooperative pool, which has a thread per core, a few waiting
/// connections would stop everything else. Measured: a blocking `SELECT 1` costs 33–38 µs through such an executor,
/// 20 µs inline, 53–94 µs through a thread with a condition variable.
final class ConnectionExecutor: SerialExecutor {
  private let queue: DispatchQueue

  init(label: String) { queue = DispatchQueue(label: "pgtide.connection.\(label)") }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}
