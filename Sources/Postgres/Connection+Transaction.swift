extension Connection {
  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or the task is cancelled.
  ///
  /// `begin` is the opening statement, such as `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`.
  ///
  /// Throws: what `body` throws; ``PostgresError`` of kind `connectionLost` when the connection goes at COMMIT, after
  /// which only the server knows whether the transaction stands.
  public func transaction<R: Sendable>(
    _ begin: SQL = "BEGIN", isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async throws -> R {
    try await query(begin)
    do {
      let result = try await body()
      let commit = try await query("COMMIT")
      // COMMIT of a failed transaction answers ROLLBACK instead of an error.
      guard commit.commandTag == "COMMIT" else {
        throw PostgresError(
          kind: .protocolViolation, connection: label, message: "COMMIT answered \(commit.commandTag)")
      }
      return result
    } catch {
      await rollBack()
      throw error
    }
  }

  /// Ends an open transaction without its effects, also in a cancelled task. A connection on which that fails is
  /// closed, which has the same effect on the server.
  public func rollBack() async {
    for _ in 1...2 where isUsable {
      // A cancel request that arrives late may hit the first attempt.
      if (try? await cleanUp("ROLLBACK")) != nil { return }
    }
    close()
  }
}
