import Postgres

/// A question to the source: may the session's user really read what the plan is going to read?
///
/// Of tables, the catalog says so. What a view, a query or an expression reads behind them, only the server knows: it
/// checks all of it before it explains the statement, and runs nothing.
struct SourceTrial {
  let user: String

  /// Costs nothing where the plan reads tables only, and one round trip otherwise.
  func problems(of tables: [TablePlan], on connection: Connection) async throws -> [PlanProblem] {
    let asked = tables.compactMap { table in table.lockByReadingIfNeeded.map { (table: table, statement: $0) } }
    let answers = try await connection.attempt(asked.map { "EXPLAIN \($0.statement)" })
    return try zip(asked, answers).compactMap { question, answer in
      guard case .failure(let error) = answer else { return nil }
      // Somebody else's lock says nothing of the plan.
      if error.sqlState == SQLState.lockNotAvailable { throw error }
      return PlanProblem(
        table: question.table.label, problem: "the source refuses to read it: \(error.message)", advice: advice(error))
    }
  }

  private func advice(_ error: PostgresError) -> String {
    if let hint = error.hint { return hint }
    if error.saysRowSecurity {
      return "Read it as the owner of that table, or as a role with BYPASSRLS"
    }
    return error.sqlState == SQLState.insufficientPrivilege
      ? "Grant it to \(Identifier(user).quoted), or read something else" : "Correct what it reads"
  }
}
