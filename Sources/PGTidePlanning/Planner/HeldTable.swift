import PostgresValues

/// A table that could not be planned, because somebody has locked what its SQL reads on the source, or that refers to
/// such a one. It fails by itself; the others land.
package struct HeldTable: Sendable {
  package let target: QualifiedName
  /// Its name as the configuration writes it.
  package let label: String
  package let reason: Reason

  package enum Reason: Sendable {
    /// The wait that was in vain.
    case lock(PostgresError)
    /// A table to which it refers.
    case parent(label: String)
  }

  /// Why it fails or is left out in a run.
  package var error: SyncError {
    switch reason {
    case .lock(let error): SyncError(error, table: nil, while: "planned")
    case .parent(let parent): SyncError(message: "skipped, because \(parent), to which it refers, did not land")
    }
  }

  /// The tables of `plans` that refer to one of these, by themselves or by others between.
  package static func dependants(of held: [HeldTable], among plans: [TablePlan]) -> [HeldTable] {
    var known = Dictionary(held.map { ($0.target, $0.label) }, uniquingKeysWith: { first, _ in first })
    var found: [HeldTable] = []
    var isGrowing = !known.isEmpty
    while isGrowing {
      isGrowing = false
      for plan in plans where known[plan.target] == nil {
        guard let parent = plan.parents.lazy.compactMap({ known[$0] }).first else { continue }
        known[plan.target] = plan.label
        found.append(HeldTable(target: plan.target, label: plan.label, reason: .parent(label: parent)))
        isGrowing = true
      }
    }
    return found
  }
}
