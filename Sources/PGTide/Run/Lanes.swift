import Postgres

/// The sessions in which a run works side by side, besides its own to each end.
struct Lanes: Sendable {
  /// `nil` where the source is not read.
  let sources: ConnectionPool?
  let targets: ConnectionPool

  init(sessions: Sessions, readsSource: Bool) {
    sources = readsSource ? ConnectionPool(discardsAfterError: true) { sessions.source("source \($0)") } : nil
    targets = ConnectionPool { sessions.target("target \($0)") }
  }

  /// Connects so many times to each end, which on a secured line takes several waits each. Does not throw:
  /// ``ConnectionPool/open(_:)`` tries again.
  ///
  /// Behind a pooler nothing is done: it gets no settings before it is known to keep sessions, and has few of them.
  ///
  /// - Parameters: the run's own session to each end.
  func connect(_ count: Int, beside source: Connection?, _ target: Connection) async {
    async let reading: Void = connect(count, sources, beside: source)
    await connect(count, targets, beside: target)
    await reading
  }

  private func connect(_ count: Int, _ pool: ConnectionPool?, beside own: Connection?) async {
    if await own?.isBehindPooler == false { await pool?.connect(count) }
  }

  func close() async {
    await sources?.close()
    await targets.close()
  }
}
