/// The connection was lost, or the task cancelled, after a commit was asked for and before the answer came.
public struct UncertainCommit: Error, Sendable {
  public let transaction: TransactionIdentity
  /// `nil`: the task was cancelled.
  public let cause: PostgresError?

  package init(transaction: TransactionIdentity, cause: PostgresError?) {
    self.transaction = transaction
    self.cause = cause
  }
}
