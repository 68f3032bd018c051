import Postgres

extension SourceQuestions {
  /// The tables that made the statements fail, each with its reason.
  ///
  /// - Parameter owner: has no transaction open.
  package func culprits(_ error: PostgresError, on owner: Connection) async throws -> [QualifiedName: SyncError] {
    var culprits: [QualifiedName: SyncError] = [:]
    for reading in readings where reading.sql.text == error.statement {
      culprits[reading.table.target] = unreadable(reading.table, error)
    }
    guard culprits.isEmpty, error.statement == lockTables?.text else { return culprits }
    // One of many: each is asked for by itself.
    let asked = tables.filter(\.source.isLockable)
    let answers = try await owner.attempt(
      asked.map { "SELECT FROM \($0.source.lockTarget ?? "") LIMIT 0" })
    for (table, answer) in zip(asked, answers) {
      if case .failure(let error) = answer { culprits[table.target] = unreadable(table, error) }
    }
    return culprits
  }
}
