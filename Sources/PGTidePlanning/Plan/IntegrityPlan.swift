/// How a table's foreign keys are kept when rows are inserted.
package struct IntegrityPlan: Sendable {
  /// `nil`: they are checked in sets. Otherwise why the server's own triggers look after each row.
  package let reasonForTriggers: String?
  /// What the reason rests on, to be found unchanged by the merge.
  package let facts: IntegrityFacts

  /// One line for the plan; `nil` where there are no foreign keys.
  package func summary(isAlone: Bool) -> String? {
    if facts.foreignKeys.isEmpty { return nil }
    if !isAlone { return "triggers: it merges together with others" }
    if let reasonForTriggers { return "triggers: \(reasonForTriggers)" }
    return "checked in sets if \(Self.worthwhileInserts) rows or more are inserted"
  }

  /// Fewer inserted rows than this are checked by triggers: two more statements for each foreign key cost more than
  /// that. Measured in docs/inside/performance.md.
  package static let worthwhileInserts = 1000
}
