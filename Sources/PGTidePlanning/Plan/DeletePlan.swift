import PostgresValues

/// How rows of ours go from a table that the source no longer has.
package struct DeletePlan: Sendable {
  /// A condition on the target's row; `nil`: any of ours may go.
  package let scope: SQL?
  /// How many may go in one run; `nil`: 5 %, and at least 100.
  package let most: RowLimit?
  /// How many the source may have lost since the last run in which the table landed; `nil`: the same.
  package let mostLost: RowLimit?
  /// What must find a row on the source; `nil`: nothing is asked.
  package let expectation: SQL?
  /// So many may go in this run, whatever the source looks like.
  package let allowed: Int?
  /// All by which rows refer to the table's. A row to which one refers that is not going stays.
  package let dependents: [Dependent]
  /// Whose the rows are that have them.
  package let owners: [ReferringRows.Owner]
  /// Rules of the configuration are among them, after which the server does not look.
  package var hasLogicalDependents = false
  /// Triggers of the target run when a row is deleted.
  package var hasTriggers = false
  /// Those of them that wait for COMMIT, with their schema, as SQL.
  package var waitingTriggers: [String] = []
  /// All columns that hold something, by which a row is kept whole.
  package let columns: [Identifier]

  package static let usualPart = RowLimit.percent(5)
  package static let usualRows = 100

  /// The most of so many rows.
  private static func most(_ limit: RowLimit?, of rows: Int) -> Int {
    limit.map { $0.most(of: rows) } ?? max(usualPart.most(of: rows), usualRows)
  }

  /// One line for the plan.
  package var summary: String {
    let limit = most.map { "\($0)" } ?? "\(Self.usualPart), or \(Self.usualRows) rows,"
    let rows =
      scope == nil
      ? "rows of ours that the source no longer has" : "rows of ours within `scope` that the source no longer has"
    return "remove: \(rows); of all rows of ours up to \(limit) in one run"
  }
}

extension DeletePlan {
  /// What speaks against it, if this many rows of the target were to go.
  ///
  /// - Parameters:
  ///   - deletes: rows that are to go. Where there are too many, those do not count that cannot.
  ///   - ours: rows of ours on the target, with these.
  ///   - read: rows of the source.
  package func brake(deletes: Int, ours: Int, read: Int, past: TablePast) -> (brake: DeleteBrake, message: String)? {
    guard deletes > 0, deletes > allowed ?? 0 else { return nil }
    if read == 0 {
      return (
        .sourceEmpty, "the source has no row, and \(CountedWords.rows(deletes)) of ours on the target would be deleted"
      )
    }
    if let before = past.rowsRead, read < before, before - read > Self.most(mostLost, of: before) {
      return (
        .sourceShrank,
        "the source has lost more rows than the \(Self.most(mostLost, of: before)) that `max_drop` allows: \(read) were read, "
          + "and \(before) in the last run in which the table landed; \(CountedWords.rows(deletes)) would be deleted"
      )
    }
    let most = Self.most(most, of: ours)
    guard deletes > most else { return nil }
    return (
      .tooMany,
      "\(deletes) of \(CountedWords.rows(ours)) of ours would be deleted, more than the \(most) that `max_delete` allows"
    )
  }
}
