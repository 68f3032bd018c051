import Postgres

/// Connections to one end that move and merge rows. They are opened before or when they are first needed,
/// and used again.
///
/// It never makes anybody wait: whoever borrows is one of a fixed number of lanes, which bounds the connections.
actor ConnectionPool {
  private let options: @Sendable (Int) -> ConnectionOptions
  private var idle: [Connection] = []
  private var opened = 0

  /// What a new connection does before it is lent.
  private let opening: @Sendable (Connection) async throws -> Void
  /// A connection is not used again after an error: its transaction has failed.
  private let discardsAfterError: Bool

  init(
    options: @escaping @Sendable (Int) -> ConnectionOptions, discardsAfterError: Bool = false,
    opening: @escaping @Sendable (Connection) async throws -> Void
  ) {
    self.options = options
    self.opening = opening
    self.discardsAfterError = discardsAfterError
  }

  /// Lends a connection to `body`. One that is broken afterwards is closed instead of being lent again.
  nonisolated func lend<R: Sendable>(_ body: @Sendable (Connection) async throws -> R) async throws -> R {
    let connection = try await borrow()
    do {
      let result = try await body(connection)
      await giveBack(connection)
      return result
    } catch {
      if discardsAfterError { await connection.close() } else { await giveBack(connection) }
      throw error
    }
  }

  /// Opens so many connections at once, before they are needed.
  nonisolated func open(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count { group.addTask { await self.giveBack(try await self.connect()) } }
      try await group.waitForAll()
    }
  }

  /// Closes all connections; none may be on loan.
  func close() async {
    for connection in idle { await connection.close() }
    idle = []
  }

  private func borrow() async throws -> Connection {
    if let connection = idle.popLast() { return connection }
    return try await connect()
  }

  private func connect() async throws -> Connection {
    opened += 1
    let connection = try await Connection.open(options(opened))
    do {
      // Part of connecting, which is not counted.
      try await RoundTrips.$current.withValue(nil) { try await opening(connection) }
      return connection
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Whether a transaction stands whose connection was lost, or whose task was cancelled, at its COMMIT.
  ///
  /// The server's word alone is not enough after a crash: it gives the number of a transaction of which nothing had
  /// reached its log out once more, and then speaks of the new one.
  ///
  /// - Parameter proof: a query that answers with `true` if what the transaction wrote is there.
  ///
  /// Throws: ``SyncError`` when the server cannot say; ``PostgresError`` when it cannot be asked.
  nonisolated func hasCommitted(_ commit: UncertainCommit, proof: SQL? = nil) async throws -> Bool {
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

  private func giveBack(_ connection: Connection) async {
    if await connection.isUsable { idle.append(connection) } else { await connection.close() }
  }
}
