import PostgresValues

/// Tuples of a table that a session has inserted (less those it took back at once), updated and deleted.
package struct TupleCounters: Sendable, Equatable {
  package let inserted: Int
  package let updated: Int
  package let deleted: Int

  package init(inserted: Int = 0, updated: Int = 0, deleted: Int = 0) {
    self.inserted = inserted
    self.updated = updated
    self.deleted = deleted
  }

  /// The answer to ``MergeSQL/counters``.
  package init(_ answer: QueryResult) {
    let row = answer.rows.first
    self.init(inserted: row?.int(0) ?? 0, updated: row?.int(1) ?? 0, deleted: row?.int(2) ?? 0)
  }

  package static func - (end: TupleCounters, start: TupleCounters) -> TupleCounters {
    TupleCounters(
      inserted: end.inserted - start.inserted, updated: end.updated - start.updated,
      deleted: end.deleted - start.deleted)
  }
}
