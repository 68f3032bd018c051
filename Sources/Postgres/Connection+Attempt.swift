import CLibPQ

extension Connection {
  /// What failed in a cancelled task may have failed by its own request.
  func checkCancellation<R>(_ answers: [Result<R, PostgresError>]) throws {
    if answers.contains(where: { if case .failure = $0 { true } else { false } }) { try Task.checkCancellation() }
  }

  /// Runs each of the statements for itself, in a transaction of its own and all in one round trip.
  ///
  /// Returns one answer a statement: a failure of one says nothing of the others. As for ``batch(_:)``, all statements
  /// together should stay below what a socket holds.
  public func attempt(_ statements: [SQL]) async throws -> [Result<QueryResult, PostgresError>] {
    guard !statements.isEmpty else { return [] }
    let texts = statements.map(\.text)
    let start = ContinuousClock.now
    let answers = try await unsafe pipeline(statements.indices) { place, pointer throws(PostgresError) in
      try unsafe send(texts[place], values: statements[place].values, on: pointer)
    } read: { place, pointer throws(PostgresError) in
      let text = texts[place]
      var rows: QueryResult?
      let failure = try unsafe resultsUntilSync(of: [text], on: pointer) {
        (result: borrowing ResultHandle) throws(PostgresError) in
        rows = try result.queryResult(connection: label, statement: text)
      }
      if let failure { return Result<QueryResult, PostgresError>.failure(failure) }
      guard let rows else { throw unsafe connectionError(on: pointer, statement: text) }
      return .success(rows)
    }
    for (text, answer) in zip(texts, answers) {
      switch answer {
      case .success(let rows): trace(text, since: start, rows: rows.affectedRows, isPipelined: true)
      case .failure(let error): trace(text, since: start, isPipelined: true, failure: error)
      }
    }
    try checkCancellation(answers)
    return answers
  }
}
