import Postgres
import Synchronization

/// Which stages and deltas may hold rows of this run.
package final class StageLedger: Sendable {
  private let used = Mutex<Set<QualifiedName>>([])

  package init() {}

  /// From here on, rows may go into them.
  package func use(_ tables: [QualifiedName]) { used.withLock { $0.formUnion(tables) } }

  package func noteEmptied(_ tables: [QualifiedName]) { used.withLock { $0.subtract(tables) } }

  package func mayHoldRows(_ table: QualifiedName) -> Bool { used.withLock { $0.contains(table) } }
}
