import CLibPQ

extension Connection {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or the task is cancelled.
  ///
  /// Throws: what `body` throws; ``SessionMoved``; ``UncertainCommit`` when the connection goes at COMMIT, after which only the server
  /// knows whether the transaction stands: ``outcome(of:within:)`` asks it.
  public func transaction<R: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async throws -> R {
    try await transaction(asking: .running([]), isolation: isolation) { _ in try await body() }
  }

  /// The same, for a transaction whose first statements are known: they travel with BEGIN, and `body` gets their answer.
  ///
  /// - Parameter closing: the statements of `body`'s result that travel with COMMIT. If one fails, nothing is committed.
  public func transaction<R: Sendable, Answer>(
    asking opening: Question<Answer>, closing: (R) -> [SQL] = { _ in [] },
    isolation: isolated (any Actor)? = #isolation, _ body: (Answer) async throws -> R
  ) async throws -> R {
    let begun = try await begin(asking: opening)
    do {
      let result = try await body(begun.answer)
      try await commit(begun.identity, after: closing(result))
      return result
    } catch {
      await rollBack()
      throw error
    }
  }

  /// Begins a transaction that outlives the work that begins it. It has to be ended, by ``commit(_:after:)`` or by
  /// ``rollBack()``, whatever happens meanwhile.
  ///
  /// - Parameter opening: travels with BEGIN.
  public nonisolated func begin<Answer>(
    asking opening: Question<Answer>
  ) async throws -> (identity: TransactionIdentity, answer: Answer) {
    do {
      let (_, identity, answer) = try await ask(
        .running([.beginWriting]), Question(TransactionIdentity.question, TransactionIdentity.init), opening)
      try await demandServed(by: identity.backend)
      return (identity, answer)
    } catch {
      await rollBack()
      throw error
    }
  }

  /// Commits a transaction that was begun by itself. After an error it still has to be rolled back.
  ///
  /// Throws: ``UncertainCommit``, as ``transaction(asking:closing:isolation:_:)`` does.
  public func commit(_ transaction: TransactionIdentity, after closing: [SQL]) async throws {
    let answer: QueryResult?
    do {
      answer = try await batch(closing + ["COMMIT"]).last
    } catch let error as PostgresError where error.kind == .connectionLost {
      throw UncertainCommit(transaction: transaction, cause: error)
    } catch is CancellationError where !isUsable {
      // The COMMIT was sent, and the connection given up before the answer came.
      throw UncertainCommit(transaction: transaction, cause: nil)
    }
    // COMMIT of a failed transaction answers ROLLBACK instead of an error.
    guard answer?.commandTag == "COMMIT" else {
      throw PostgresError(
        kind: .protocolViolation, connection: label, message: "COMMIT answered \(answer?.commandTag ?? "nothing")")
    }
  }

  /// Ends an open transaction without its effects, also in a cancelled task. A connection on which that fails is
  /// closed, which has the same effect on the server. Where none is open, nothing is sent.
  public func rollBack() async {
    for _ in 1...2 where isUsable && !isIdle {
      // A cancel request that arrives late may hit the first attempt.
      if (try? await cleanUp("ROLLBACK")) != nil { return }
    }
    if !isUsable || !isIdle { close() }
  }

  /// No statement runs, and no transaction is open.
  var isIdle: Bool {
    guard let pointer = unsafe try? pointer() else { return true }
    return unsafe PQtransactionStatus(pointer) == PQTRANS_IDLE
  }

  /// What became of a transaction whose COMMIT got no answer. It is asked on another connection than the lost one.
  ///
  /// A backend that still holds the transaction open, because it has not noticed yet that its client has gone, is
  /// ended, so that the answer is final.
  ///
  /// - Parameter limit: how long a commit in progress may take before the answer is `unknown`.
  /// - Source: manual, "9.27.8 Transaction ID and Snapshot Information Functions".
  public func outcome(
    of transaction: TransactionIdentity, within limit: Duration = .seconds(30)
  ) async throws -> TransactionIdentity.Outcome {
    let end = ContinuousClock.now.advanced(by: limit)
    while true {
      let status: QueryResult
      do {
        status = try await cleanUp("SELECT pg_catalog.pg_xact_status(\(bind: transaction.id)::pg_catalog.xid8)")
      } catch let error as PostgresError where error.sqlState == SQLState.invalidParameterValue {
        // "is in the future": a crashed server has forgotten that it gave the number out.
        return .aborted
      }
      switch status.rows.first?[0] {
      case "committed": return .committed
      case "aborted": return .aborted
      case "in progress" where ContinuousClock.now < end: break
      default: return .unknown
      }
      try await cleanUp(
        """
        SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
        WHERE pid OPERATOR(pg_catalog.=) \(transaction.backend)
          AND backend_xid::pg_catalog.text
            OPERATOR(pg_catalog.=) \(bind: transaction.id)::pg_catalog.xid8::pg_catalog.xid::pg_catalog.text
        """)
      // Not the task's own sleep: a cancelled task, too, has to know.
      await ConnectionPause.milliseconds(50)
    }
  }
}

extension SQL {
  /// Begins a transaction that writes, whatever the role's or the database's defaults are: an older snapshot than its
  /// locks would read old catalogs and prove nothing.
  public static let beginWriting: SQL = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
}
