import Postgres

/// Connections to one end that move and merge rows. They are opened before or when they are first needed,
/// and used again.
///
/// It never makes anybody wait: whoever borrows is one of a fixed number of lanes, which bounds the connections.
actor ConnectionPool {
  private let options: @Sendable (Int) -> ConnectionOptions
  private var idle: [Connection] = []
  /// Connected, and not yet set up to be lent.
  private var connected: [Connection] = []
  private var count = 0

  /// What a new connection does before it is lent.
  private var firstSteps: @Sendable (Connection) async throws -> Void = { _ in }
  /// A connection is not used again after an error: its transaction has failed.
  private let discardsAfterError: Bool

  init(discardsAfterError: Bool = false, options: @escaping @Sendable (Int) -> ConnectionOptions) {
    self.options = options
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
      // Who gets it next would only hear that a transaction is aborted.
      if discardsAfterError { await connection.close() } else { await connection.rollBack() }
      await giveBack(connection)
      throw error
    }
  }

  /// Connects so many times at once, when what a connection does before it is lent cannot be done yet.
  ///
  /// What goes wrong is not told: ``open(_:)`` connects once more, and tells.
  nonisolated func connect(_ count: Int) async {
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask { if let connection = try? await self.connect() { await self.keep(connection) } }
      }
    }
  }

  /// From here on each connection does this before it is lent for the first time.
  func setUp(with setUp: @escaping @Sendable (Connection) async throws -> Void) { firstSteps = setUp }

  /// Opens so many connections at once, before they are needed.
  nonisolated func open(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count { group.addTask { await self.giveBack(try await self.open()) } }
      try await group.waitForAll()
    }
  }

  /// Closes all connections; none may be on loan.
  func close() async {
    for connection in idle + connected { await connection.close() }
    (idle, connected) = ([], [])
  }

  private func borrow() async throws -> Connection {
    if let connection = idle.popLast() { return connection }
    return try await open()
  }

  private func connect() async throws -> Connection {
    count += 1
    return try await Connection.open(options(count))
  }

  private func keep(_ connection: Connection) { connected.append(connection) }

  private func open() async throws -> Connection {
    while let connection = connected.popLast() {
      do {
        return try await ready(connection)
      } catch let error as PostgresError where error.kind == .connectionLost {
        // Lost while it was not needed yet.
      }
    }
    return try await ready(connect())
  }

  private func ready(_ connection: Connection) async throws -> Connection {
    do {
      // Part of connecting, which is not counted.
      try await RoundTrips.$current.withValue(nil) { try await firstSteps(connection) }
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
