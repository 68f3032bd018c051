import PostgresValues

/// A foreign key that points at a table, and writes to the rows which have it when a referenced column is updated.
package struct Referrer: Sendable {
  package let name: Identifier
  /// The table that has it.
  package let table: QualifiedName
  package let isPartitioned: Bool
  package let action: UpdateAction
  package let columns: [Identifier]
  package let referenced: [Identifier]
  /// The operator that compares the referenced column with the referring one, for each, as SQL.
  package let equality: [SQL]
  /// The session's user sees all rows that have it.
  package let canRead: Bool
}

extension Referrer {
  init(_ key: Dependent, _ action: UpdateAction) {
    self.init(
      name: key.name, table: key.table, isPartitioned: key.isPartitioned, action: action, columns: key.columns,
      referenced: key.referenced, equality: key.equality, canRead: key.canRead)
  }
}
