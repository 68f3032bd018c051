import Postgres

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
