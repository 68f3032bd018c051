import Postgres

/// What the source says of the user's own SQL.
package struct DescribedSQL: Sendable {
  /// What it returns, or why the server does not take it.
  package private(set) var answers: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>] = [:]
  /// Tables whose SQL reads what somebody has locked, and the wait that was in vain.
  package private(set) var held: [TableName: PostgresError] = [:]

  /// All columns that were described.
  package var columns: [ColumnDescription] { answers.values.flatMap { (try? $0.get()) ?? [] } }

  /// Asks in one round trip, and again for the tables that wait for somebody's lock.
  package static func ask(
    _ configuration: SyncConfiguration, on connection: Connection, retry: RetryPolicy
  ) async throws -> DescribedSQL {
    var described = DescribedSQL()
    var open = configuration.tables.map { Question($0, in: configuration) }.filter { !$0.requests.isEmpty }
    do {
      try await retry.run(
        isPassing: { ($0 as? PostgresError)?.sqlState == SQLState.lockNotAvailable }, beforeRetry: { _, _ in }
      ) {
        open = try await described.ask(open, on: connection)
        if let error = open.first.flatMap({ described.held[$0.table] }) { throw error }
      }
    } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable && !described.held.isEmpty {}
    return described
  }

  /// All SQL of one table.
  private struct Question {
    let table: TableName
    let requests: [DescribeRequest]

    init(_ table: TableConfiguration, in configuration: SyncConfiguration) {
      self.table = table.target
      requests = DescribeRequest.requests(for: table, in: configuration)
    }

    var statements: [SQL] { requests.flatMap { [$0.statement, $0.bare] } }
  }

  /// Returns those for which somebody's lock was waited for in vain.
  private mutating func ask(_ questions: [Question], on connection: Connection) async throws -> [Question] {
    let groups = try await connection.describe(groups: questions.map(\.statements))
    var waiting: [Question] = []
    for (question, group) in zip(questions, groups) {
      held[question.table] = nil
      var group = group
      if group.count < question.statements.count, lock(in: group) == nil {
        // A mistake in one says nothing of the others.
        group = try await connection.describe(question.statements)
      }
      if let error = lock(in: group) {
        held[question.table] = error
        waiting.append(question)
      } else {
        take(question.requests, group)
      }
    }
    return waiting
  }

  private func lock(in answers: [Result<[ColumnDescription], PostgresError>]) -> PostgresError? {
    answers.lazy.compactMap { if case .failure(let error) = $0 { error } else { nil } }
      .first { $0.sqlState == SQLState.lockNotAvailable }
  }

  private mutating func take(_ requests: [DescribeRequest], _ group: [Result<[ColumnDescription], PostgresError>]) {
    for (place, request) in requests.enumerated() {
      let (answer, bare) = (group[2 * place], group[2 * place + 1])
      if case .success = answer, case .failure = bare {
        answers[request.subject] = bare
      } else {
        answers[request.subject] = answer
      }
    }
  }
}
