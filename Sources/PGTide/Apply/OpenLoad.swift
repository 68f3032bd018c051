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

/// The loads of a run that are open while no work is at them.
final class OpenLoads: Sendable {
  private let loads = Mutex<[QualifiedName: OpenLoad]>([:])

  func keep(_ load: OpenLoad) { loads.withLock { $0[load.tables[0].target] = load } }

  /// Hands the load of these groups over to a work.
  func take(_ groups: [MergeGroup]) -> OpenLoad {
    guard let load = loads.withLock({ $0.removeValue(forKey: groups[0].tables[0]) }) else {
      fatalError("no load of \(groups[0].tables[0]) is open")
    }
    return load
  }

  /// Rolls back what nobody takes up again.
  func rollBackAll(_ pool: ConnectionPool) async {
    let left = loads.withLock { loads in
      defer { loads = [:] }
      return loads.values.map(\.self)
    }
    for load in left { await load.rollBack(pool) }
  }
}
