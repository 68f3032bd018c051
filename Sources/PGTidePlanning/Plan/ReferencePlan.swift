import PostgresValues

/// A rule that a row has a parent.
package struct ReferencePlan: Sendable {
  /// The foreign key's; of a rule that only the configuration knows, what it says.
  package let name: Identifier
  package let columns: [ColumnPlan]
  package let parent: QualifiedName
  package let parentColumns: [Identifier]
  package let equality: [SQL]
  package let isMatchFull: Bool
  /// The target has it as a foreign key; otherwise only the configuration knows it.
  package let isForeignKey: Bool
  /// A row which stands on the target unchanged has its parent: it is a foreign key that all rows satisfy.
  package let isEnforced: Bool
  package let isDeferrable: Bool
  /// Why parents are not looked for before the merge; the tables are ordered by it all the same.
  package let reasonUnchecked: String?

  package var isChecked: Bool { reasonUnchecked == nil }
  /// What the same rule is called on other partitions.
  package var otherNames: [Identifier] = []
  /// Partitioned tables that the parent is a partition of, and its own partitions: they share rows with it.
  package var parentKin: [QualifiedName] = []
  /// Rows of tables that inherit from the parent are no parents.
  package var isParentTable = true

  package var names: [Identifier] { [name] + otherNames }

  /// The parent's rows, as FROM takes them.
  package var parentRows: SQL { parent.rows(isPartitioned: !isParentTable) }

  /// The table's rows may be the parents that are looked for.
  package func refers(to table: QualifiedName) -> Bool { parent == table || parentKin.contains(table) }

  /// Whether `parent` has the key of the staged row.
  package func matches(parent: SQL) -> SQL {
    zip(zip(parentColumns, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }

  /// Whether a row that stands on the target refers to a parent that does not.
  package func lacksParent(of row: SQL) -> SQL {
    let values = columns.map { "\(row).\($0.name)" as SQL }
    let nulls = values.map { "\($0) IS \(isMatchFull ? "" : "NOT ")NULL" as SQL }.joined(separator: " AND ")
    let isKey = zip(zip(parentColumns, equality), values).map { pair, value in
      "p.\(pair.0) \(pair.1) \(value)" as SQL
    }.joined(separator: " AND ")
    let refers: SQL = isMatchFull ? "NOT (\(nulls))" : nulls
    return "(\(refers) AND NOT EXISTS (SELECT FROM \(parentRows) p WHERE \(isKey)))"
  }
}
