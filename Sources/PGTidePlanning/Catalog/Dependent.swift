import PostgresValues

/// A foreign key, or a rule of the configuration, by which rows refer to those of a table, whatever it does when these go.
package struct Dependent: Sendable, Equatable {
  package let name: Identifier
  /// The table that has it.
  package let table: QualifiedName
  package let isPartitioned: Bool
  package let columns: [Identifier]
  package let referenced: [Identifier]
  /// The operator that compares the referenced column with the referring one, for each, as SQL.
  package let equality: [SQL]
  /// The session's user sees all rows that have it.
  package let canRead: Bool
  /// It is over a PERIOD, so that more than equal values refer to each other.
  package var isPeriod = false
  /// It writes to the rows that have it, or deletes them, when the row goes (ON DELETE CASCADE, SET NULL or SET DEFAULT).
  package var writesOnDelete = false
  /// A rule of the configuration, so that several rows may have the values that it refers to.
  package var isLogical = false

  /// The rows, called `alias`, that refer to the row `parent`, as FROM and WHERE take them.
  package func referring(to parent: SQL, as alias: SQL) -> SQL {
    let matches = zip(zip(referenced, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(alias).\(column)" as SQL
    }.joined(separator: " AND ")
    return "\(table.rows(isPartitioned: isPartitioned)) \(alias) WHERE \(matches)"
  }
}
