import Postgres

extension SourceTrial {
  /// Costs nothing where the plan reads tables only, and one round trip otherwise.
  package func ask(_ tables: [TablePlan], on connection: Connection) async throws -> Answer {
    let asked = tables.filter { $0.lockByReadingIfNeeded != nil }
    return answer(asked, try await connection.attempt(asked.compactMap(question)))
  }
}
