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
  func connect(_ count: Int) async {
    async let reading: Void? = sources?.connect(count)
    await targets.connect(count)
    await reading
  }

  func close() async {
    await sources?.close()
    await targets.close()
  }
}
