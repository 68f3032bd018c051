import Postgres

/// Connections to one end that move and merge rows. They are opened when they are first needed and used again.
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

  /// Opens connections that will be needed soon, side by side.
  nonisolated func open(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Connection.self) { group in
      for _ in 0..<count { group.addTask { try await self.borrow() } }
      var failure: (any Error)?
      while let connection = await group.nextResult() {
        switch connection {
        case .success(let connection): await giveBack(connection)
        case .failure(let error): failure = failure ?? error
        }
      }
      if let failure { throw failure }
    }
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

  /// Closes all connections; none may be on loan.
  func close() async {
    for connection in idle { await connection.close() }
    idle = []
  }

  private func borrow() async throws -> Connection {
    if let connection = idle.popLast() { return connection }
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
