import PostgresValues

extension TablePlanning {
  /// What the history says of the table, with the columns that nothing fills any more: they are told.
  package mutating func past(_ facts: TableFacts, columns: [ColumnPlan], owned: Set<Identifier>) -> TablePast {
    var past = target.pasts[table.target.description] ?? TablePast()
    let skipped = Set(table.skip.identifiers)
    past.lost = past.lostColumns(filled: columns.map(\.name)) { name in
      !skipped.contains(name) && !owned.contains(name) && facts.column(name).map { !$0.isGenerated } ?? false
    }
    for name in past.lost {
      warnings.append(
        "column \(name) is not filled any more, though earlier runs filled it: the source has no column of this name now. "
          + "Say under `columns` what it gets, or name it under `skip`")
    }
    return past
  }
}
