import Postgres

/// One state of the source, which all readers see, held by the session that made it.
///
/// The owner first takes ACCESS SHARE on everything that will be read, then exports its snapshot. Without the locks a
/// VACUUM FULL or TRUNCATE between two readers loses rows silently: a rewritten table is empty for an older snapshot.
/// The owner's transaction is READ COMMITTED, so that the snapshot is taken after the locks.
///
/// What the plan rests on is asked again under the locks. A table of which it has changed, or that cannot be read at
/// all, fails by itself, and the others go on.
package struct SourceSnapshot: Sendable {
  package let owner: Connection
  package let id: String
  /// Why some tables cannot be read; nothing of them is locked.
  package let failures: [QualifiedName: SyncError]
  /// Waits for locks that were in vain before it could be taken, and the last of them.
  package let lockWaits: (count: Int, last: PostgresError)?
  /// The tables that can be read.
  private let tables: [TablePlan]

  /// Takes the locks and the snapshot. `owner` has no transaction open; it stays in this one until it is closed or
  /// rolled back.
  ///
  /// - Parameter retry: for tables that somebody else has locked. Those that stay so fail.
  package static func take(
    for plan: SyncPlan, owner: Connection, retry: RetryPolicy, log: RunLog
  ) async throws -> SourceSnapshot {
    var failures: [QualifiedName: SyncError] = [:]
    var waits: (count: Int, last: PostgresError)?
    while true {
      let tables = plan.tables.filter { failures[$0.target] == nil }
      let questions = SourceQuestions(tables)
      do {
        let (_, changes, id) = try await owner.ask(
          .running(["BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY" as SQL]), questions.locked,
          Question("SELECT pg_catalog.pg_export_snapshot()") { $0.rows.first?.text(0) ?? "" })
        failures.merge(changes) { first, _ in first }
        return SourceSnapshot(
          owner: owner, id: id, failures: failures, lockWaits: waits,
          tables: tables.filter { failures[$0.target] == nil })
      } catch let error as PostgresError where error.kind == .statement {
        // One that cannot be read has taken all the others along.
        await owner.rollBack()
        let attempts = (waits?.count ?? 0) + 1
        if error.sqlState == SQLState.lockNotAvailable, attempts <= retry.retries {
          waits = (attempts, error)
          log.retrying(error, attempt: attempts, of: retry.retries)
          try await Task.sleep(for: retry.delay(before: attempts))
          continue
        }
        let culprits = try await questions.culprits(error, on: owner)
        guard !culprits.isEmpty else { throw error }
        failures.merge(culprits) { first, _ in first }
      }
    }
  }

  /// What a reader does before its first COPY. It takes the same locks: a rewrite that waits for the owner's would
  /// keep a reader waiting that asks for its lock later, and the owner waits for the readers.
  package func adopt(_ reader: Connection) async throws {
    let opening: [SQL] = [
      "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", "SET TRANSACTION SNAPSHOT \(literal: id)",
    ]
    let questions = SourceQuestions(tables)
    do {
      try await reader.batch(opening + questions.locks)
    } catch let error as PostgresError where error.kind == .statement {
      // What the owner could read, such as a foreign table, has gone since, or somebody waits for the owner to lock it: it
      // fails when its own rows are read.
      await reader.rollBack()
      try await reader.batch(opening)
      for lock in questions.locks {
        do {
          try await reader.batch(["SAVEPOINT pgtide", lock, "RELEASE SAVEPOINT pgtide"])
        } catch let error as PostgresError where error.kind == .statement {
          try await reader.query("ROLLBACK TO SAVEPOINT pgtide")
        }
      }
    }
  }

  /// Makes sure that the owner has held its locks all the time: what was read without them proves nothing.
  package func checkOwner() async throws {
    do {
      try await owner.query("SELECT pg_catalog.pg_backend_pid()")
    } catch let error as PostgresError {
      throw SyncError(
        message: "the session that holds the source's snapshot and locks was lost: \(error)",
        advice: "Run again; nothing that was read without it is used", cause: error)
    }
  }
}
