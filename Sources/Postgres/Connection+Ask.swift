extension Connection {
  /// Asks questions in one message, as ``batch(_:deadline:)`` does.
  ///
  /// Throws: ``PostgresError``; ``SessionMoved``; what cannot be read in an answer.
  public nonisolated func ask<First, Second, each Other>(
    _ first: Question<First>, _ second: Question<Second>, _ others: repeat Question<each Other>
  ) async throws -> (First, Second, repeat each Other) {
    try await ask(Question<(First, Second, repeat each Other)>.all(first, second, repeat each others))
  }

  /// - Parameter deadline: as with ``batch(_:deadline:)``.
  public nonisolated func ask<Answer>(
    _ question: Question<Answer>, deadline: Duration? = nil
  ) async throws -> Answer {
    try await question.read(batch(question.statements, deadline: deadline).map { .success($0) })
  }

  /// Asks a question of which each statement stands for itself, in a transaction of its own. One that may fail is asked
  /// for its ``Question/outcome(of:)``.
  public nonisolated func attempt<Answer>(_ question: Question<Answer>) async throws -> Answer {
    try await question.read(attempt(question.statements))
  }
}
