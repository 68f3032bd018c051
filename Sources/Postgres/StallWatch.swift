import Synchronization

/// Ends waits in which nothing moves any more, though the connection looks alive: a proxy or a peer that hangs.
///
/// A long statement is silent, too. So when a connection has been waited for without a byte for `limit`, a fresh
/// connection asks the server what it is doing: as long as the statement is at work, or waits for a lock, it is let be.
/// If the server waits for us, has nothing to do, or does not answer either, the connection is given up and its wait
/// ends with a ``PostgresError`` of kind `connectionLost`.
///
/// It also finds out who holds what a session waits for, as long as it waits: when the server has refused the lock, nobody
/// can tell any more.
public final class StallWatch: Sendable {
  private struct Watched {
    let canceller: StatementCanceller
    let options: ConnectionOptions
    var backend: Int?
    var pulse: StatementCanceller.Pulse?
    var since = ContinuousClock.now
    var lockWait = LockWait()
  }

  /// How long a wait may be silent before the server is asked.
  public let limit: Duration
  /// How long a session waits for a lock until the server refuses it; 0: without end.
  public let lockTimeout: Duration
  private let watched = Mutex<[ObjectIdentifier: Watched]>([:])

  public init(limit: Duration, lockTimeout: Duration = .zero) {
    self.limit = limit
    self.lockTimeout = lockTimeout
  }

  /// Watches until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { watches in
      watches.addTask { await self.watchStalls() }
      if lockTimeout > .zero { watches.addTask { await self.watchLocks() } }
    }
  }

  private func watchStalls() async {
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

  // MARK: - Locks

  private func watchLocks() async {
    while (try? await Task.sleep(for: max(lockTimeout / 8, .milliseconds(20)))) != nil {
      await withTaskGroup(of: Void.self) { questions in
        for waiting in takeWaiting() { questions.addTask { await self.lookForHolders(waiting) } }
      }
    }
  }

  /// Sessions that have been waited for long enough that they may wait for a lock, by the end that they are at.
  private func takeWaiting() -> [(options: ConnectionOptions, backends: [Int])] {
    let waiting = watched.withLock { watched in
      var waiting: [Watched] = []
      for (key, var entry) in watched {
        if entry.lockWait.isToBeAsked(entry.canceller.pulse, every: lockTimeout / 2) { waiting.append(entry) }
        watched[key] = entry
      }
      return waiting
    }
    return Dictionary(grouping: waiting, by: \.options.end).values.compactMap { entries in
      let backends = entries.compactMap(\.backend)
      return backends.isEmpty ? nil : (entries[0].options, backends)
    }
  }

  private func lookForHolders(_ waiting: (options: ConnectionOptions, backends: [Int])) async {
    let answer = try? await withConnection(waiting.options.forProbe) { connection in
      try await connection.cleanUp(LockHolder.question(waiting.backends), within: lockTimeout)
    }
    guard let answer else { return }
    let holders = LockHolder.read(answer)
    watched.withLock { watched in
      for (key, entry) in watched {
        guard let found = entry.backend.flatMap({ holders[$0] }) else { continue }
        watched[key]?.lockWait.note(found)
      }
    }
  }

  /// Who held what a session waited for until a moment ago; `nil` where that was not seen.
  func holders(of canceller: StatementCanceller?) -> String? {
    guard let canceller else { return nil }
    return watched.withLock { $0[ObjectIdentifier(canceller)]?.lockWait.holders(notBefore: .now - lockTimeout * 2) }
  }

  // MARK: - Stalls

  private func probe(_ silent: Watched) async {
    guard let pulse = silent.pulse else { return }
    if await isAtWork(silent) != true { silent.canceller.giveUp(pulse) }
  }

  /// Whether the server is busy with the statement; `nil` if it does not say.
  private func isAtWork(_ silent: Watched) async -> Bool? {
    guard let backend = silent.backend else { return nil }
    let options = silent.options.forProbe
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
