import Postgres
import Synchronization

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
