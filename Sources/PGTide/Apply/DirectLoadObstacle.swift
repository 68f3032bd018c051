import Postgres

/// Why a direct load is given up, where the server has no objection.
struct DirectLoadObstacle: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// Why a direct load is given up, and which of its tables stood in the way.
struct DirectLoadFailure: WrappingError, CustomStringConvertible {
  let culprit: QualifiedName
  let cause: any Error

  var description: String { "\(cause)" }

  /// Runs `body`, and says of an error which table it was about.
  static func explaining<R>(_ table: TablePlan, _ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error where !error.endsRun {
      throw DirectLoadFailure(culprit: table.target, cause: error)
    }
  }
}

extension PostgresError {
  /// Somebody else holds what this statement asked for at once.
  func isRefusedLock(_ statement: SQL) -> Bool {
    sqlState == SQLState.lockNotAvailable && self.statement == statement.text
  }
}
