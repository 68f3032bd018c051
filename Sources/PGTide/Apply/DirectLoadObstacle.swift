import Postgres

/// Why a direct load is given up, where the server has no objection.
struct DirectLoadObstacle: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// Why a direct load is given up, and which of its tables stood in the way.
struct DirectLoadFailure: Error, CustomStringConvertible {
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

extension Error {
  /// What happened, without what to do about it.
  var inOneLine: String {
    let text = (serverError ?? self as? PostgresError).map {
      $0.message + ($0.sqlState.map { " (SQLSTATE \($0))" } ?? "") + ($0.lockHolders.map { ", held: \($0)" } ?? "")
    }
    return text ?? plain.split(separator: "\n").first.map(String.init) ?? "an error"
  }
}
