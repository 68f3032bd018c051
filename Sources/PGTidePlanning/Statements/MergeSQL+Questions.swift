import PostgresValues

/// What a transaction asks of a table that it writes.
extension MergeSQL {
  /// How many rows the stage holds; -1 if it does not say.
  package var standing: Question<Int> { Question(countStage) { $0.rows.first?.int(0) ?? -1 } }

  /// What the session has written to the table so far.
  package var counted: Question<TupleCounters> { Question(counters, TupleCounters.init) }

  /// Runs a statement that writes rows.
  package static func writing(_ sql: SQL) -> Question<WrittenRows> { Question(sql, WrittenRows.init) }
}

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

/// What came back from a statement that writes rows.
package struct WrittenRows: Sendable {
  package let rows: Int
  /// Rows whose marker is not ours, which should be none.
  package let foreign: Int
  /// Rows that have another key than on the source, which should be none.
  package let moved: Int

  /// One that returns no columns cannot say more than how many rows it wrote.
  package init(_ answer: QueryResult) {
    guard !answer.columns.isEmpty else {
      (rows, foreign, moved) = (answer.affectedRows, 0, 0)
      return
    }
    let row = answer.rows.first
    (rows, foreign, moved) = (row?.int(0) ?? 0, row?.int(1) ?? -1, row?.int(2) ?? -1)
  }
}
