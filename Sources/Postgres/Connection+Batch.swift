import CLibPQ

extension Connection {
  /// Sends several statements at once and waits once for all results, in their order.
  ///
  /// On a link with a round trip of 50 ms, ten statements cost 50 ms instead of 500. Uses libpq's pipeline mode
  /// (manual, "34.5 Pipeline Mode"): when one fails, those behind it are not run and its error is thrown. Statements
  /// outside a transaction block run as one transaction, unless they contain BEGIN and COMMIT themselves. COPY cannot
  /// be in a batch. A transaction that a failed batch has begun is rolled back: whoever uses the connection next would
  /// only be told that it is aborted.
  ///
  /// All statements together should stay below what a socket holds (some 100 kB): libpq sends them all before it
  /// reads.
  ///
  /// - Parameter deadline: as with ``cleanUp(_:within:)``: a cancelled task runs the batch, too, and after that time the
  ///   connection is given up.
  /// Throws: ``PostgresError``; ``SessionMoved``.
  @discardableResult
  public func batch(_ statements: [SQL], deadline: Duration? = nil) async throws -> [QueryResult] {
    try await guardingSession(statements) { try await pipeline($0, deadline: deadline) }
  }

  private func pipeline(_ statements: [SQL], deadline: Duration?) async throws -> [QueryResult] {
    guard !statements.isEmpty else { return [] }
    let texts = statements.map(\.text)
    let start = ContinuousClock.now
    let isFirst = isIdle
    do {
      let results = try await unsafe pipeline(0..<1, deadline: deadline) { _, pointer throws(PostgresError) in
        for (statement, text) in zip(statements, texts) {
          try unsafe send(text, values: statement.values, on: pointer)
        }
      } read: { _, pointer throws(PostgresError) in
        var results: [QueryResult] = []
        let failure = try unsafe resultsUntilSync(of: texts, on: pointer) {
          (result: borrowing ResultHandle) throws(PostgresError) in
          results.append(try result.queryResult(connection: label, statement: nil))
        }
        if let failure { throw failure }
        return results
      }[0]
      for (text, result) in zip(texts, results) {
        trace(text, since: start, rows: result.affectedRows, isPipelined: true)
      }
      return results
    } catch {
      trace(texts.joined(separator: ";\n"), since: start, isPipelined: true, failure: error)
      if isFirst { await rollBack() }
      throw error
    }
  }

  /// Reads the answers to these statements up to the sync point behind them; returns why the first of them failed, if
  /// one did.
  func resultsUntilSync(
    of texts: [String], on pointer: OpaquePointer, take: (borrowing ResultHandle) throws(PostgresError) -> Void
  ) throws(PostgresError) -> PostgresError? {
    var failure: PostgresError?
    var ended = 0
    var isBetween = false
    while true {
      guard let next = unsafe PQgetResult(pointer) else {
        // NULL ends the results of one statement. It comes without end on a dead connection, and on one that could not
        // be written to, of which libpq thinks that it lives.
        if isBetween { isBroken = true }
        if unsafe isLost(pointer) {
          throw unsafe connectionError(on: pointer, statement: texts.count == 1 ? texts[0] : nil, cause: failure)
        }
        isBetween = true
        ended += 1
        continue
      }
      isBetween = false
      let result = unsafe ResultHandle(taking: next)
      switch result.status {
      case PGRES_PIPELINE_SYNC: return failure
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        // What follows is read all the same.
        do { try take(result) } catch { failure = failure ?? error }
      case PGRES_PIPELINE_ABORTED: break  // Not run, because one before it failed.
      default: failure = failure ?? self.failure(result, statement: ended < texts.count ? texts[ended] : nil)
      }
    }
  }
}
