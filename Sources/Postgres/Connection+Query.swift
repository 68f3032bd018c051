import CLibPQ

extension Connection {
  /// Runs one statement with its values bound, and returns its rows as text.
  ///
  /// Throws: ``PostgresError``; `CancellationError` when the task is cancelled, which ends the statement.
  @discardableResult
  public func query(_ sql: SQL) async throws -> QueryResult {
    try await run(sql, deadline: nil)
  }

  /// Runs one statement that a cancelled task still has to run, such as ROLLBACK. After `deadline` the connection is
  /// given up.
  @discardableResult
  public func cleanUp(_ sql: SQL, within deadline: Duration = .seconds(10)) async throws -> QueryResult {
    try await run(sql, deadline: deadline)
  }

  private func run(_ sql: SQL, deadline: Duration?) async throws -> QueryResult {
    let text = sql.text
    let start = ContinuousClock.now
    do {
      countRoundTrip()
      let result = try await unsafe waiting(deadline: deadline) { pointer in
        try unsafe send(text, values: sql.values, on: pointer)
        return try unsafe lastResult(on: pointer, statement: text)
      }
      trace(text, since: start, rows: result.affectedRows)
      return result
    } catch {
      trace(text, since: start, failure: error)
      throw error
    }
  }

  /// Gives a statement to libpq without waiting for its result.
  func send(_ text: String, values: [String?], on pointer: OpaquePointer) throws(PostgresError) {
    // NULL is a null pointer; the others point into one array of C strings.
    let sent = unsafe withCStrings(values.map { $0 ?? "" }) { strings in
      let parameters = unsafe values.indices.map { index in unsafe values[index] == nil ? nil : strings[index] }
      return unsafe PQsendQueryParams(pointer, text, Int32(values.count), nil, parameters, nil, nil, 0)
    }
    guard sent == 1 else { throw unsafe connectionError(on: pointer, statement: text) }
  }

  /// Waits for everything that a single statement returns; the last result counts.
  private func lastResult(on pointer: OpaquePointer, statement: String) throws(PostgresError) -> QueryResult {
    var last: QueryResult?
    var failure: PostgresError?
    while let next = unsafe PQgetResult(pointer) {
      let result = unsafe ResultHandle(taking: next)
      switch result.status {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        do {
          last = try result.queryResult(connection: label, statement: statement)
        } catch {
          failure = failure ?? error
        }
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        throw PostgresError(
          kind: .protocolViolation, connection: label, message: "a COPY statement was run as a query",
          statement: statement)
      default:
        failure = failure ?? self.failure(result, statement: statement)
      }
    }
    if let failure { throw unsafe behind(failure, on: pointer, statement: statement) }
    guard let last else { throw unsafe connectionError(on: pointer, statement: statement) }
    return last
  }

  /// What a failed result says.
  ///
  /// Without an SQLSTATE it is libpq's own word: it could not send, and has not read the connection's end yet.
  func failure(_ result: borrowing ResultHandle, statement: String?) -> PostgresError {
    var error = result.error(connection: label, statement: statement)
    if error.sqlState == SQLState.lockNotAvailable { error.lockHolders = options.stallWatch?.holders(of: canceller) }
    if result.status == PGRES_FATAL_ERROR, error.sqlState == nil { isBroken = true }
    return error
  }

  /// Reads what is left behind a failed statement, and returns why it failed.
  func behind(_ failure: PostgresError, on pointer: OpaquePointer, statement: String?) -> PostgresError {
    while let rest = unsafe PQgetResult(pointer) { unsafe PQclear(rest) }
    return unsafe isLost(pointer) ? connectionError(on: pointer, statement: statement, cause: failure) : failure
  }

  /// What libpq says of the connection itself. `cause` is the server's last word, such as an admin's shutdown.
  func connectionError(
    on pointer: OpaquePointer, statement: String? = nil, cause: PostgresError? = nil
  ) -> PostgresError {
    let message = unsafe String.escaping(PQerrorMessage(pointer)).trimmingTrailingNewlines
    var error = cause ?? PostgresError(kind: .protocolViolation, connection: label, message: message)
    if cause == nil, let lastWord = unsafe lastWord(on: pointer) { error.message = lastWord }
    if unsafe isLost(pointer) { error.kind = .connectionLost }
    if canceller?.hasStalled == true { error.message = "the link has stalled: nothing came through any more" }
    error.statement = statement
    return error
  }

  /// Why the server has closed the connection, where it said so while it was sent the data of a COPY: libpq has read
  /// that by then, and passes it on as a notice to whoever asks for results once more.
  private func lastWord(on pointer: OpaquePointer) -> String? {
    // Otherwise it would wait.
    guard unsafe PQstatus(pointer) == CONNECTION_BAD else { return nil }
    for _ in 1...2 { while let rest = unsafe PQgetResult(pointer) { unsafe PQclear(rest) } }
    return fatalNotice
  }

  /// Tells the tracer, if there is one, what happened to a statement.
  func trace(
    _ statement: String, since start: ContinuousClock.Instant, rows: Int? = nil, isPipelined: Bool = false,
    failure: (any Error)? = nil
  ) {
    guard let tracer = options.tracer else { return }
    tracer(
      StatementTrace(
        connection: label, statement: statement, duration: start.duration(to: .now), rows: rows,
        isPipelined: isPipelined,
        failure: failure.map { ($0 as? PostgresError)?.messageWithoutValues ?? "cancelled" }, warnings: takeWarnings()))
  }
}
