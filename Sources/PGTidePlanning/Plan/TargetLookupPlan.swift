import PostgresValues

/// How a column gets its value from another table of the target.
///
/// The source sends NULL for it, and the values by which it is looked up. Before each comparison the staged rows are
/// filled in (``TargetLookupSQL``), so that for all that follows it is a staged column like others.
package struct TargetLookupPlan: Sendable {
  /// Over the stage's rows, which are called `src` as the source's are elsewhere.
  package let lookup: LookupPlan
  /// What the stage's column gets.
  package let value: SQL
  /// Of that column.
  package let type: SQL
  /// The types of the columns that are used of the looked-up table.
  package let types: [Identifier: SQL]
  /// Partitions of the looked-up table, and what it is a partition of: they share rows with it.
  package let kin: [QualifiedName]
  /// The columns of the source row, or of the row by which it is translated, by which it is found.
  package let from: [Identifier]
  /// The source's row to which the source row refers, and which has those columns; `nil`: the source row has them itself.
  package var translation: LookupPlan?

  package var column: Identifier { lookup.column }
  package var tables: [QualifiedName] { [lookup.relation] + kin }

  /// One line for the plan.
  package var summary: String {
    let origin = translation == nil ? "src." : ""
    let columns = zip(lookup.matches, from).map { "\($0.column) = \(origin)\($1)" }.joined(separator: " and ")
    let refers = translation?.matches.map { "\($0.column) = src.\($0.from)" }.joined(separator: " and ")
    let by = translation.map { "\(columns), which \($0.relation) on the source has where \(refers ?? "")" } ?? columns
    return "\(lookup.relation).\(lookup.take) on the target, looked up by \(by)"
      + (lookup.missing == .null ? ", else NULL" : "")
  }
}

extension TablePlan {
  /// Columns by which its rows are known, and whose values are looked up.
  package var lookedUpKeys: [ColumnPlan] { key.naming.filter { $0.lookup != nil || $0.isLookedUpOnTarget } }

  /// The tables that must have landed before its rows are compared: those in which it looks values up.
  package var lookedUp: [QualifiedName] { targetLookups.flatMap(\.tables) }

  /// All tables that land before it.
  package var parents: [QualifiedName] { references.flatMap { [$0.parent] + $0.parentKin } + lookedUp }
}
