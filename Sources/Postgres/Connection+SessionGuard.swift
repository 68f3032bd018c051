import PostgresValues

extension Connection {
  /// Makes sure that the process which answered is the one that the session was set up in: nothing is written in another.
  func demandServed(by process: Int) throws {
    if let backend, isSetUp, process != backend { throw SessionMoved(connection: label) }
  }

  /// Behind a pooler, a batch that begins a transaction to write does so only in the process that the session was set up in.
  ///
  /// - Parameter run: sends the statements that it gets, and returns all their answers.
  func guardingSession(
    _ statements: [SQL], _ run: ([SQL]) async throws -> [QueryResult]
  ) async throws -> [QueryResult] {
    guard isBehindPooler, isSetUp, let backend, statements.first?.text == SQL.beginWriting.text else {
      return try await run(statements)
    }
    var guarded = statements
    guarded.insert(
      """
      SELECT (CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(backend) THEN 'true'
        ELSE \(literal: SessionMoved.words) END)::boolean
      """, at: 1)
    do {
      var answers = try await run(guarded)
      answers.remove(at: 1)
      return answers
    } catch let error as PostgresError where error.sqlState == "22P02" && error.message.contains(SessionMoved.words) {
      throw SessionMoved(connection: label)
    }
  }
}
