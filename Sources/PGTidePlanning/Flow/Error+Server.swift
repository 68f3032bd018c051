import PostgresValues

extension Error {
  /// What the server or the way to it said, in whatever wrapping.
  package var serverError: PostgresError? {
    switch self {
    case let error as PostgresError: error
    case let error as SyncError: error.cause
    case let error as ServerError: error.cause as? PostgresError
    case let error as UncertainCommit: error.cause
    case let error as any WrappingError: error.cause.serverError
    default: nil
    }
  }

  /// What happened, without what to do about it.
  package var inOneLine: String {
    let text = (serverError ?? self as? PostgresError).map {
      $0.message + ($0.sqlState.map { " (SQLSTATE \($0))" } ?? "") + ($0.lockHolders.map { ", held: \($0)" } ?? "")
    }
    return text ?? plain.split(separator: "\n").first.map(String.init) ?? "an error"
  }
}
