import Postgres
import Synchronization

/// The deltas of a run. Shared by the workers.
package final class DeltaLedger: Sendable {
  private struct State {
    var deltas: [QualifiedName: Delta] = [:]
    var begun: Set<QualifiedName> = []
  }

  private let state = Mutex(State())

  package init() {}

  package func delta(_ table: TablePlan) -> Delta { state.withLock { $0.deltas[table.target] } ?? Delta() }

  package func set(_ made: [QualifiedName: Delta]) { state.withLock { $0.deltas.merge(made) { _, new in new } } }

  /// Returns whether the table's delta is being made for the first time in this run.
  package func begin(_ table: TablePlan) -> Bool { state.withLock { $0.begun.insert(table.target).inserted } }
}
