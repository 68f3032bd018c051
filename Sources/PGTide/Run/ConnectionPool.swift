import Postgres

/// The target's connections that move and merge rows. They are opened when they are first needed and used again.
///
/// It never makes anybody wait: whoever borrows is one of a fixed number of lanes, which bounds the connections.
actor ConnectionPool {
  private let options: @Sendable (Int) -> ConnectionOptions
  private var idle: [Connection] = []
  private var opened = 0

  init(options: @escaping @Sendable (Int) -> ConnectionOptions) { self.options = options }

  /// Lends a connection to `body`. One that is broken afterwards is closed instead of being lent again.
  nonisolated func lend<R: Sendable>(_ body: @Sendable (Connection) async throws -> R) async throws -> R {
    let connection = try await borrow()
    do {
      let result = try await body(connection)
      await giveBack(connection)
      return result
    } catch {
      await giveBack(connection)
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
    return try await Connection.open(options(opened))
  }

  private func giveBack(_ connection: Connection) async {
    if await connection.isUsable { idle.append(connection) } else { await connection.close() }
  }
}
