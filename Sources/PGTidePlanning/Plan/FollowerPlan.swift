import PostgresValues

/// A foreign key of another table of the run that refuses an update of the values to which its rows refer. Those that are
/// ours can be taken along, as ON UPDATE CASCADE would do it.
package struct FollowerPlan: Sendable {
  /// The foreign key's.
  package let name: Identifier
  /// The table that has it.
  package let table: QualifiedName
  /// That table's own rows, as FROM and UPDATE take them.
  package let rows: SQL
  /// `nil`: all of its rows are ours.
  package let origin: OriginPlan?
  /// Its columns there, and those that they refer to.
  package let columns: [Identifier]
  package let referenced: [Identifier]
  package let equality: [SQL]
  /// A column with whose NULL a row refers to nothing; `nil` if there is none.
  package let nullable: Identifier?
  /// It can wait for the end of the transaction.
  package let isDeferrable: Bool

  /// Whether the row `child` refers to `parent`.
  package func refers(_ child: SQL, to parent: SQL) -> SQL {
    zip(zip(referenced, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(child).\(column)" as SQL
    }.joined(separator: " AND ")
  }
}
