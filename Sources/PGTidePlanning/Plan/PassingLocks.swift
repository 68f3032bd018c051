import PostgresValues

/// Statements of an open transaction whose locks end with them, and not with the transaction: the return to a savepoint
/// gives up what was locked since (manual, "13.3.1 Table-Level Locks"). What they set is taken back, too.
///
/// For readers of a snapshot, whose owner holds the tables' locks: those on the indexes, which the planner takes, would
/// fill the server's lock table when a run has thousands of tables.
package enum PassingLocks {
  package static let opening: [SQL] = ["SAVEPOINT pgtide"]
  package static let closing: [SQL] = ["ROLLBACK TO SAVEPOINT pgtide", "RELEASE SAVEPOINT pgtide"]
}
