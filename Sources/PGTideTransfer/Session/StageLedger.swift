import Postgres
import Synchronization

/// Which stages and deltas may hold rows of this run.
final class StageLedger: Sendable {
  private let used = Mutex<Set<QualifiedName>>([])

  init() {}

  /// From here on, rows may go into them.
  func use(_ tables: [QualifiedName]) { used.withLock { $0.formUnion(tables) } }

  func noteEmptied(_ tables: [QualifiedName]) { used.withLock { $0.subtract(tables) } }

  func mayHoldRows(_ table: QualifiedName) -> Bool { used.withLock { $0.contains(table) } }
}
