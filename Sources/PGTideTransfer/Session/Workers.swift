import Postgres

/// The sessions in which a run works side by side, besides its own to each end.
package struct Workers: Sendable {
  /// `nil` where the source is not read.
  package let sources: ConnectionPool?
  package let targets: ConnectionPool

  package init(sessions: Sessions, readsSource: Bool) {
    sources =
      readsSource ? ConnectionPool(discardsAfterError: true) { sessions.source("source connection \($0)") } : nil
    targets = ConnectionPool { sessions.target("target connection \($0)") }
  }

  /// Connects so many times to each end, which on a secured line takes several waits each; not more often than the ends'
  /// limits have room for, so that nobody is kept out. Does not throw: ``ConnectionPool/open(_:)`` tries again.
  ///
  /// Behind a pooler nothing is done: it has few sessions, and the plan says first how many are needed.
  ///
  /// - Parameters: the run's own session to each end.
  package func connect(_ count: Int, beside source: Connection?, _ target: Connection) async {
    var room = count
    for own in [source, target].compactMap(\.self) {
      let limits = await own.answer?.rows.first.map(ConnectionLimit.read) ?? []
      room = ConnectionCheck(end: own.label, limits: limits, workers: room).granted
    }
    async let reading: Void = connect(room, sources, beside: source)
    await connect(room, targets, beside: target)
    await reading
  }

  private func connect(_ count: Int, _ pool: ConnectionPool?, beside own: Connection?) async {
    if await own?.isBehindPooler == false { _ = await pool?.connect(count) }
  }

  package func close() async {
    await sources?.close()
    await targets.close()
  }
}

extension WorkerCount {
  /// Takes note of what an end gave of the connections that it was asked for.
  package mutating func note(_ opened: ConnectionPool.Opened, of asked: Int, from end: EndName) {
    if let refusal = opened.refusal { note(opened.count, of: asked, from: end, because: refusal) }
  }
}
