import PostgresValues

/// What the target's catalogs say of how a table's foreign keys can be kept. It is asked for the plan, and again in the
/// merge, when the table is locked against changes of it.
package struct IntegrityFacts: Sendable, Equatable {
  /// Why its foreign keys cannot be proved in sets, each of which let a wrong row in, or a trigger out, in a trial.
  package var obstacles: [String]
  /// Its foreign keys, as the server numbers them: those that the plan knows must be all that there are.
  package var foreignKeys: [String]
  /// Names of foreign keys to partitioned tables. Other parents are looked up without the tables that inherit from them.
  package var partitionedParents: Set<Identifier>

  package init(obstacles: [String] = [], foreignKeys: [String] = [], partitionedParents: Set<Identifier> = []) {
    self.obstacles = obstacles
    self.foreignKeys = foreignKeys
    self.partitionedParents = partitionedParents
  }

  /// Of a row of ``IntegritySQL/facts(_:)``.
  package init(_ row: QueryResult.Row) {
    self.init(
      obstacles: row.array(2).compactMap(\.self), foreignKeys: row.array(3).compactMap(\.self),
      partitionedParents: Set(row.names(4)))
  }
}
