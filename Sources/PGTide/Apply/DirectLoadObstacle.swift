import Postgres

/// Why a direct load is given up, where the server has no objection.
struct DirectLoadObstacle: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

extension PostgresError {
  /// Somebody else holds what this statement asked for at once.
  func isRefusedLock(_ statement: SQL) -> Bool {
    sqlState == SQLState.lockNotAvailable && self.statement == statement.text
  }
}
