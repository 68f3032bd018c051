import Postgres

/// Connections to one end that move and merge rows. They are opened before or when they are first needed,
/// and used again.
///
/// It never makes anybody wait: whoever borrows is one of a fixed number of lanes, which bounds the connections.
actor ConnectionPool {
  private let options: @Sendable (Int) -> ConnectionOptions
  private var idle: [Connection] = []
  private var opened = 0

  /// Statements that a new connection runs before it is lent.
  private let opening: [SQL]
  /// A connection is not used again after an error: its transaction has failed.
  private let discardsAfterError: Bool

  init(
    options: @escaping @Sendable (Int) -> ConnectionOptions, opening: [SQL] = [], discardsAfterError: Bool = false
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
      try await connection.batch(opening)
      return connection
    } catch {
      await connection.close()
      throw error
    }
  }

  private func giveBack(_ connection: Connection) async {
    if await connection.isUsable { idle.append(connection) } else { await connection.close() }
  }
}
