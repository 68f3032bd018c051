import Postgres
import Synchronization

/// A load whose rows are in their tables, in a transaction that is still open, on a connection that is lent until it ends.
struct OpenLoad: Sendable {
  /// As it began.
  let asked: [TableLoad]
  let copied: [TableLoad]
  let progress: DirectLoad.Progress
  let connection: Connection
  let transaction: TransactionIdentity

  var tables: [TablePlan] { asked.map(\.table) }

  /// Runs `body`, which ends the transaction. If it throws, that is rolled back.
  func end(_ pool: ConnectionPool, _ body: (Connection) async throws -> Void) async throws {
    do {
      try await body(connection)
    } catch {
      await rollBack(pool)
      throw error
    }
    await pool.giveBack(connection)
  }

  func rollBack(_ pool: ConnectionPool) async {
    await connection.rollBack()
    await pool.giveBack(connection)
  }
}
