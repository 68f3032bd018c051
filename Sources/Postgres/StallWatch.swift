import Synchronization

/// Ends waits in which nothing moves any more, though the connection looks alive: a proxy or a peer that hangs.
///
/// A long statement is silent, too. So when a connection has been waited for without a byte for `limit`, a fresh
/// connection asks the server what it is doing: as long as the statement is at work, or waits for a lock, it is let be.
/// If the server waits for us, has nothing to do, or does not answer either, the connection is given up and its wait
/// ends with a ``PostgresError`` of kind `connectionLost`.
public final class StallWatch: Sendable {
  private struct Watched {
    let canceller: StatementCanceller
    let options: ConnectionOptions
    var backend: Int?
    var pulse: StatementCanceller.Pulse?
    var since = ContinuousClock.now
  }

  /// How long a wait may be silent before the server is asked.
  public let limit: Duration
  private let watched = Mutex<[ObjectIdentifier: Watched]>([:])

  public init(limit: Duration) { self.limit = limit }

  /// Watches until the task is cancelled.
  public func run() async {
    while (try? await Task.sleep(for: max(limit / 4, .milliseconds(50)))) != nil {
      await withTaskGroup(of: Void.self) { probes in
        for silent in takeSilent() { probes.addTask { await self.probe(silent) } }
      }
    }
  }

  /// The connections that have been silent for too long, whose time begins anew.
  private func takeSilent() -> [Watched] {
    watched.withLock { watched in
      let now = ContinuousClock.now
      var silent: [Watched] = []
      for (key, var entry) in watched {
        let pulse = entry.canceller.pulse
        if pulse == nil || pulse != entry.pulse {
          (entry.pulse, entry.since) = (pulse, now)
        } else if now - entry.since >= limit {
          entry.since = now
          silent.append(entry)
        }
        watched[key] = entry
      }
      return silent
    }
  }

  private func probe(_ silent: Watched) async {
    guard let pulse = silent.pulse else { return }
    if await isAtWork(silent) != true { silent.canceller.giveUp(pulse) }
  }

  /// Whether the server is busy with the statement; `nil` if it does not say.
  private func isAtWork(_ silent: Watched) async -> Bool? {
    guard let backend = silent.backend else { return nil }
    var options = silent.options
    options.label += " (probe)"
    options.settings = []
    options.stallWatch = nil
    let answer = try? await withConnection(options) { connection in
      try await connection.cleanUp(
        """
        SELECT state OPERATOR(pg_catalog.=) 'active' AND coalesce(wait_event_type, '') OPERATOR(pg_catalog.<>) 'Client'
        FROM pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) \(backend)
        """, within: options.connectTimeout)
    }
    // No row: the server knows nothing of the backend any more.
    return answer.map { $0.rows.first?.bool(0) ?? false }
  }

  // MARK: - What connections say

  func begin(_ canceller: StatementCanceller, options: ConnectionOptions) {
    watched.withLock { $0[ObjectIdentifier(canceller)] = Watched(canceller: canceller, options: options) }
  }

  func identify(_ canceller: StatementCanceller, backend: Int) {
    watched.withLock { $0[ObjectIdentifier(canceller)]?.backend = backend }
  }

  func end(_ canceller: StatementCanceller) {
    watched.withLock { $0[ObjectIdentifier(canceller)] = nil }
  }
}
