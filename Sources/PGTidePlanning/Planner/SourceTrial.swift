import PostgresValues

/// A question to the source: may the session's user really read what the plan is going to read?
///
/// Of tables, the catalog says so. What a view, a query or an expression reads behind them, only the server knows: it
/// checks all of it before it explains the statement, and runs nothing.
package struct SourceTrial {
  package let user: String

  package init(user: String) { self.user = user }

  /// What a user has to correct before anything can run, and what is only so for the moment: such a table fails by
  /// itself when the snapshot is taken, if it is so then.
  package struct Answer: Sendable {
    package var problems: [PlanProblem] = []
    package var notices: [QualifiedName: String] = [:]
  }

  /// What the source is asked about a table; `nil` where the catalog has said enough.
  package func question(_ table: TablePlan) -> SQL? { table.lockByReadingIfNeeded.map { "EXPLAIN \($0)" } }

  /// What comes of the answers about `tables`.
  package func answer(_ tables: [TablePlan], _ answers: [Result<QueryResult, PostgresError>]) -> Answer {
    var found = Answer()
    for (table, answer) in zip(tables, answers) {
      guard case .failure(let error) = answer else { continue }
      if isToBeCorrected(error) {
        found.problems.append(
          PlanProblem(
            table: table.label, problem: "the source refuses to read it: \(error.message)",
            advice: advice(error), quoted: error.message))
      } else {
        found.notices[table.target] = "cannot be read now, and fails in a run if that stays so: \(error.message)"
      }
    }
    return found
  }

  /// Syntax, names and rights (class 42), and features that the server does not have (0A), stay as they are.
  private func isToBeCorrected(_ error: PostgresError) -> Bool {
    error.sqlState.map { $0.hasPrefix("42") || $0.hasPrefix("0A") } ?? true
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
