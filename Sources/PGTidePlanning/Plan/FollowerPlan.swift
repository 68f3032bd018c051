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
  /// Those that refer to its columns in their turn.
  package let followers: [FollowerPlan]

  /// It and all behind it.
  package var all: [FollowerPlan] { [self] + followers.flatMap(\.all) }
}
