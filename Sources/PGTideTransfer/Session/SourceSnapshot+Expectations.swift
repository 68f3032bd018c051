import Postgres

extension SourceSnapshot {
  /// Looks for what must be on the source before rows of these tables are deleted. Returns the tables where it is not.
  ///
  /// Each question is asked once, however many tables have it.
  package func unexpected(of tables: [TablePlan]) async throws -> [QualifiedName: SyncError] {
    var answers: [SQL: SyncError?] = [:]
    var failures: [QualifiedName: SyncError] = [:]
    for table in tables where self.failures[table.target] == nil {
      guard let expectation = table.deletes?.expectation else { continue }
      if answers[expectation] == nil { answers[expectation] = try await failure(of: expectation) }
      guard var error = answers[expectation] ?? nil else { continue }
      error.relation = table.target
      failures[table.target] = error
    }
    return failures
  }

  private func failure(of expectation: SQL) async throws -> SyncError? {
    var error: SyncError
    do {
      let isMet = try await PassingLocks.ask(
        Question(expectation) { $0.rows.first?.bool(0) ?? false }, on: owner)
      if isMet { return nil }
      error = SyncError(
        message: "the source does not have what `expect` asks for, so nothing of it was written",
        advice: "Look whether the source is the right one, and whole; or correct `expect`")
    } catch let cause as PostgresError where cause.kind == .statement {
      try await owner.batch(PassingLocks.closing)
      error = SyncError(
        message: "what `expect` asks the source failed, so nothing of it was written: \(cause)",
        advice: "Look whether the source is the right one, and whole; or correct `expect`", cause: cause)
    }
    error.brake = .unexpected
    return error
  }
}
