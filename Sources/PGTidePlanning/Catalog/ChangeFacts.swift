import PostgresValues

/// What the source says of itself and of tables whose rows tell by a column that they have changed.
package struct ChangeFacts: Sendable {
  /// Which server it is, and since when it goes its own way: a standby that was promoted says another thing.
  package var identity = ""
  /// The session's user sees since when others' transactions are open.
  package var seesSessions = false
  package var tables: [QualifiedName: Table] = [:]

  package init() {}

  package struct Table: Sendable {
    /// The files of the table and its partitions: another one after TRUNCATE, or when the table was made anew.
    package var files = ""
    /// The columns of each unique index, without conditions and expressions.
    package var uniqueKeys: [Set<Identifier>] = []
    /// Columns with which an index begins.
    package var indexed: Set<Identifier> = []

    package init() {}
  }
}
