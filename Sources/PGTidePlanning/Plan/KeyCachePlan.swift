import PostgresValues

/// How a table's rows that lack a parent are told from the others on the way, and what crosses of them.
package struct KeyCachePlan: Sendable {
  package let references: [CachedReference]
  /// Places, among the stage's columns, of those that a verdict may rest on. Only these cross of a row that is held back.
  package let deciding: [Int]

  /// `nil` where nothing is to be saved: no reference can be asked for, every column decides, or a rule for duplicates
  /// chooses among rows by their whole content.
  ///
  /// - Parameter hasLookups: behind the columns, the stage has the one that tells of lookups.
  package init?(
    columns: [ColumnPlan], references: [ReferencePlan], duplicates: DuplicatePlan, hasLookups: Bool = false
  ) {
    guard case .rejectAll = duplicates else { return nil }
    let staged = columns.compactMap(\.staged).map(\.name)
    self.references = references.compactMap { CachedReference($0, among: staged) }
    let referring = Set(references.flatMap(\.columns).map(\.name))
    let own = hasLookups ? [staged.count] : []
    deciding =
      columns.filter { $0.staged != nil }.enumerated().filter { _, column in
        column.isKey || column.isNotNull || column.fits != nil || referring.contains(column.name)
      }.map(\.offset) + own
    guard !self.references.isEmpty, deciding.count < staged.count + own.count else { return nil }
  }
}

extension KeyCachePlan {
  /// The stage's columns that a row in its short form has.
  package func shortColumns(_ stage: StageTable) -> [Identifier] {
    deciding.map { stage.columns[$0].name } + [StageTable.heldColumn]
  }
}
