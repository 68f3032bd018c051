/// Whether a server has room for the locks of a run. It keeps those of all sessions in one table, whose size is set when it
/// starts (manual, "20.12 Lock Management", max_locks_per_transaction); when that is full, statements fail with 53200.
///
/// A run locks all of the source's tables until it has read them, and whoever reads or writes a table locks its indexes
/// as well.
package struct LockRoomCheck {
  package let end: String
  /// Tables and partitions of the run.
  package let relations: Int
  package let perHolder: Int
  package let holders: Int

  package init(end: String, relations: Int, perHolder: Int, holders: Int) {
    self.end = end
    self.relations = relations
    self.perHolder = perHolder
    self.holders = holders
  }

  package init(end: String, catalog: Catalog) {
    self.init(
      end: end, relations: catalog.tables.values.map { max(1, $0.partitionCount) + $0.leaves.count }.reduce(0, +),
      perHolder: catalog.server.locksPerHolder, holders: catalog.server.lockHolders)
  }

  /// One index a table, and a fifth more for what others do.
  private var wanted: Int { relations * 2 + relations / 5 }

  /// The server takes more than its settings say while it has memory to spare, so that this is no refusal.
  package var notice: String? {
    guard wanted / max(1, holders) >= perHolder else { return nil }
    return "the \(end) has room for \(perHolder * holders) locks, and a run of \(relations) tables and partitions may "
      + "take \(wanted): set its max_locks_per_transaction to \(wanted / max(1, holders) + 1) or more and restart it, "
      + "or sync fewer tables in one run"
  }
}
