import PostgresValues

/// What a transaction asks of a table that it writes.
extension MergeSQL {
  /// How many rows the stage holds; -1 if it does not say.
  package var standing: Question<Int> { Question(countStage) { $0.rows.first?.int(0) ?? -1 } }

  /// What the session has written to the table so far.
  package var counted: Question<TupleCounters> { Question(counters, TupleCounters.init) }

  /// Rows that the guard refused: those that are protected, and those that rows which are not ours have come to refer to.
  package var refused: Question<(protected: Int, referredTo: Int)> {
    Question(countRefused) { ($0.rows.first?.int(0) ?? 0, $0.rows.first?.int(1) ?? 0) }
  }

  /// Runs a statement that writes rows.
  package static func writing(_ sql: SQL) -> Question<WrittenRows> { Question(sql, WrittenRows.init) }
}
