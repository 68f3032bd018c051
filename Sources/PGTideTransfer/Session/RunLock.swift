import FoundationEssentials
import Postgres

/// Sees to it that one run of a flow works on a target at a time.
///
/// The lock is an advisory lock of a session that moves no rows. Sessions can die unnoticed, so the run is also fenced:
/// every session that writes holds a second lock, shared, and checks that its run is the flow's newest; a new run
/// enters itself only while it holds that second lock alone. So once a run has begun, no session of an earlier one is
/// left, and none can come: a run that has lost its lock cannot commit.
package actor RunLock {
  private let flow: String
  /// Opens a session to hold the lock, when the first was lost.
  private let reopen: @Sendable () async throws -> Connection
  /// The session that holds the lock.
  package private(set) var holder: Connection
  private var run: RunIdentity?
  private var isTaken = false
  private var regaining: Task<Void, any Error>?

  package init(flow: String, holder: Connection, reopen: @escaping @Sendable () async throws -> Connection) {
    self.flow = flow
    self.holder = holder
    self.reopen = reopen
  }

  // MARK: - At the start

  /// Takes the lock; waits for up to `limit` while another run holds it. Returns whether it had to wait.
  ///
  /// Throws: ``RunInProgress``, ``SessionMoved``, ``PostgresError``, `CancellationError`.
  package func take(
    waiting limit: Duration, whileWaiting: @Sendable (RunInProgress) -> Void
  ) async throws -> Bool {
    let sql = RunLockSQL(flow: flow)
    let end = ContinuousClock.now.advanced(by: limit)
    var hasWaited = false
    while true {
      if try await Self.answer(holder.query(sql.take(by: holder.backend ?? 0)), on: holder) {
        isTaken = true
        return hasWaited
      }
      let other = try await inProgress(sql)
      guard ContinuousClock.now < end else { throw other }
      if !hasWaited { whileWaiting(other) }
      hasWaited = true
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  /// Whether a lock was given.
  ///
  /// Throws: ``SessionMoved`` where it was not even asked for, because another server process answers.
  private static func answer(_ answer: QueryResult, on session: Connection) throws -> Bool {
    guard let row = answer.rows.first, row[0] != nil else { throw SessionMoved(connection: session.label) }
    return row.bool(0)
  }

  private func inProgress(_ sql: RunLockSQL) async throws -> RunInProgress {
    let row = try await holder.query(sql.holder).rows.first
    return RunInProgress(flow: flow, backend: row?.int(0), application: row?[1], client: row?[2], since: row?[3])
  }

  /// Takes the lock and enters the run, in one message; `nil` if another run has the lock.
  ///
  /// Throws: what ``begin(mode:settings:)`` throws.
  package func takeAndBegin(mode: String, settings: String) async throws -> Beginning? {
    let backend = await holder.backend ?? 0
    let taking: [SQL] = [.beginWriting, RunLockSQL(flow: flow).take(by: backend), await mustBeHeld]
    do {
      let (_, entry) = try await holder.ask(.running(taking), entering(mode, settings))
      isTaken = true
      return entered(entry)
    } catch let error as PostgresError where error.saysLockNotHeld {
      await holder.rollBack()
      return nil
    } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
      // The lock stays taken when the transaction is rolled back.
      isTaken = true
      await holder.rollBack()
      return try await beginAlone(mode, settings)
    }
  }

  /// Enters the run into the history, once no session of an earlier run is left.
  ///
  /// Throws: ``RunInProgress`` when those do not end.
  package func begin(mode: String, settings: String) async throws -> Beginning {
    do {
      // Whoever answers has to see that this session has the lock.
      let opening: [SQL] = [.beginWriting, await mustBeHeld]
      return entered(try await holder.ask(.running(opening), entering(mode, settings)).1)
    } catch let error as PostgresError where error.saysLockNotHeld {
      throw RunLockLost()
    } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
      await holder.rollBack()
      return try await beginAlone(mode, settings)
    }
  }

  /// The same when sessions of an earlier run are in the way: they are ended.
  private func beginAlone(_ mode: String, _ settings: String) async throws -> Beginning {
    let ended = try await holder.query(RunLockSQL(flow: flow).endSessions).rows.count { $0.bool(0) }
    do {
      let (_, entry) = try await holder.ask(.running([.beginWriting]), entering(mode, settings))
      return entered(entry, endedSessions: ended)
    } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
      await holder.rollBack()
      throw RunInProgress(flow: flow)
    }
  }

  /// A run in the history.
  private struct Entry: Sendable {
    let run: RunIdentity
    let privateSchema: PrivateSchemaFacts
    let hasClosedDead: Bool
  }

  /// What follows BEGIN.
  private func entering(_ mode: String, _ settings: String) -> Question<Entry> {
    Question.all(
      .running([RunLockSQL(flow: flow).fenceAlone]),
      Question(HistorySQL.closeDead(flow: flow)) { $0.commandTag != "UPDATE 0" },
      Question(HistorySQL.begin(flow: flow, mode: mode, settings: settings)) {
        RunIdentity(id: $0.rows.first?.text(0) ?? "")
      },
      Question(PrivateSchemaSQL.facts(metadata: nil)) { PrivateSchemaFacts($0) }, .running(["COMMIT" as SQL])
    ).map { _, hasClosedDead, run, privateSchema, _ in
      Entry(run: run, privateSchema: privateSchema, hasClosedDead: hasClosedDead)
    }
  }

  private func entered(_ entry: Entry, endedSessions: Int = 0) -> Beginning {
    run = entry.run
    return Beginning(
      run: entry.run, privateSchema: entry.privateSchema, endedSessions: endedSessions,
      followsDeadRun: endedSessions > 0 || entry.hasClosedDead)
  }

  package struct Beginning: Sendable {
    package let run: RunIdentity
    /// What stands in the schema `pgtide`, seen since no other run can change it.
    package let privateSchema: PrivateSchemaFacts
    /// Sessions of a run that had lost its lock, which had to be ended.
    package let endedSessions: Int
    /// An earlier run came to no end, and may have left rows in its stages.
    package let followsDeadRun: Bool
  }

  // MARK: - While the run works

  /// Makes a new session one of this run's, which no other run can begin beside.
  package func adopt(_ connection: Connection) async throws {
    let sql = RunLockSQL(flow: flow)
    let (fence, newest) = try await connection.ask(
      Question(sql.fenceShared(by: connection.backend ?? 0)), Question(sql.newestRun) { $0.rows.first?[0] })
    guard try Self.answer(fence, on: connection), newest == run?.id else { throw RunLockLost() }
  }

  /// Fails if the lock is not held any more by the session that held it: part of the batch that ends with a COMMIT.
  package var mustBeHeld: SQL { get async { RunLockSQL(flow: flow).mustBeHeld(by: await holder.backend ?? 0) } }

  /// Takes the lock once more, when its session was lost and no other run has begun since.
  ///
  /// Several workers may find it lost at once: one takes it, the others wait for that.
  ///
  /// Throws: ``RunLockLost`` when another run has.
  package func regain() async throws {
    if let regaining { return try await regaining.value }
    let task = Task { try await regainAlone() }
    regaining = task
    defer { regaining = nil }
    try await task.value
  }

  private func regainAlone() async throws {
    if await holder.isUsable, (try? await holder.cleanUp("SELECT")) != nil { return }
    let lost = await holder.backend
    let connection = try await reopen()
    do {
      try await takeAgain(connection, from: lost)
    } catch {
      await connection.end()
      throw error
    }
    await holder.end()
    holder = connection
  }

  /// - Parameter lost: the backend of the lost session. It keeps the lock until its server notices that its client has
  ///   gone, and is ended.
  private func takeAgain(_ connection: Connection, from lost: Int?) async throws {
    let sql = RunLockSQL(flow: flow)
    let end = ContinuousClock.now.advanced(by: .seconds(10))
    var isOthers = false
    while true {
      let (lock, newest) = try await connection.ask(
        .all(Question(sql.take(by: connection.backend ?? 0)), Question(sql.newestRun) { $0.rows.first?[0] }),
        deadline: .seconds(10))
      guard newest == run?.id else { throw RunLockLost() }
      if try Self.answer(lock, on: connection) { return }
      let isEnding = try await connection.cleanUp(sql.endHolder(lost ?? 0)).rows.first != nil
      // Between the two questions it may have gone.
      guard isEnding || !isOthers, ContinuousClock.now < end else { throw RunLockLost() }
      isOthers = !isEnding
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Gives the lock back, and ends its session.
  ///
  /// Said aloud, because a server takes note of a closed connection only after a while: a run that begins as soon as
  /// this one has ended would find the lock taken.
  package func close() async {
    if isTaken { _ = try? await holder.cleanUp(RunLockSQL(flow: flow).release(by: holder.backend ?? 0)) }
    await holder.end()
  }
}

extension Sessions {
  /// Runs `body` with the flow's lock, which `body` takes as it begins, and gives it back behind it. A session that holds it
  /// and is lost is replaced.
  package func withFlowLock<R: Sendable>(
    on target: Connection, _ body: (RunLock) async throws -> R
  ) async throws -> R {
    let lock = RunLock(flow: configuration.flow, holder: target) {
      try await Connection.open(self.target("lock"))
    }
    let result = await Result.of { try await body(lock) }
    await lock.close()
    return try result.get()
  }
}

extension PostgresError {
  /// The answer of ``RunLock/mustBeHeld`` when it is not.
  package var saysLockNotHeld: Bool { sqlState == "22P02" && message.contains(RunLockSQL.isNotHeld) }
}
