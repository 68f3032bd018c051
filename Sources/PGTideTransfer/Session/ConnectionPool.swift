import Postgres

package typealias ConnectionPool = Pool<Connection>

extension Connection: Lendable {}

extension Pool<Connection> {
  package init(discardsAfterError: Bool = false, options: @escaping @Sendable (Int) -> ConnectionOptions) {
    self.init(discardsAfterError: discardsAfterError) { try await Connection.open(options($0)) }
  }

  /// Whether a transaction stands whose connection was lost, or whose task was cancelled, at its COMMIT.
  ///
  /// The server's word alone is not enough after a crash: it gives the number of a transaction of which nothing had
  /// reached its log out once more, and then speaks of the new one.
  ///
  /// - Parameter proof: a query that answers with `true` if what the transaction wrote is there.
  ///
  /// Throws: ``SyncError`` when the server cannot say; ``PostgresError`` when it cannot be asked.
  package nonisolated func hasCommitted(_ commit: UncertainCommit, proof: SQL? = nil) async throws -> Bool {
    // Not the task's own work: a cancelled one has to know, too. The server may be about to come back.
    let outcome = try await Task {
      try await RetryPolicy(retries: 8).run(beforeRetry: { _, _ in }) {
        try await self.lend { connection in
          let outcome = try await connection.outcome(of: commit.transaction)
          guard outcome == .committed, let proof else { return outcome }
          return try await connection.cleanUp(proof).rows.first?.bool(0) == true ? .committed : .aborted
        }
      }
    }.value
    switch outcome {
    case .committed: return true
    case .aborted: return false
    case .unknown:
      throw SyncError(
        message: "the connection was lost at the COMMIT of transaction \(commit.transaction.id), and the server "
          + "cannot say whether it stands",
        advice: "Run again: what has landed is found unchanged, what has not goes in")
    }
  }
}
