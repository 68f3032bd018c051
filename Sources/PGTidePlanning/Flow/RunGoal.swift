/// What a run is allowed to do, and how its tables land.
package enum RunGoal: Sendable {
  /// Counts what differs, and writes to the schema `pgtide` only.
  case compareOnly
  /// Each group of tables lands as soon as it can.
  case landEach
  /// All tables land in one transaction, or none.
  case landTogether
}
