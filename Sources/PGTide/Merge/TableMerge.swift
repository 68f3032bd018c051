import Postgres

/// Applies one table's delta inside a transaction that somebody else opens and commits.
struct TableMerge: Sendable {
  let table: TablePlan
  let delta: Delta
  /// What was read and staged.
  let extracted: RowCounts
  /// Rows of the group refer to each other within the table, so that parents go in before anything points to them.
  let insertsFirst: Bool

  /// Passes in which the app may get in the way of the same rows before the merge gives up.
  private static let passes = 5

  /// Writes what differs, and proves it.
  ///
  /// Throws: ``SyncError`` when the sums do not match or a protected row was touched; the caller rolls back.
  func apply(on connection: Connection) async throws -> RowCounts {
    let sql = MergeSQL(table: table)
    var counts = extracted
    counts.unchanged = delta.unchanged
    counts.protected = delta.protected
    counts.rejected = delta.rejected
    let before = try await connection.batch([sql.countStage, sql.counters])
    try check(Accounting.stageMismatch(extracted, standing: before[0].rows.first?.int(0) ?? -1))
    if delta.inserts + delta.updates > 0 {
      try await write(sql, on: connection, counts: &counts)
      try await prove(counts, since: before[1], sql, on: connection)
    }
    try check(Accounting.mergeMismatch(counts))
    return counts
  }

  private func check(_ mismatch: String?) throws {
    guard let mismatch else { return }
    throw SyncError(
      table: table.target, message: "the sums do not match, so nothing of it was committed: \(mismatch)",
      advice: "Run again; if it stays so, report it")
  }

  /// Updates, inserts, and goes after the rows that did not come back, until each is written or found protected.
  private func write(_ sql: MergeSQL, on connection: Connection, counts: inout RowCounts) async throws {
    if insertsFirst { try await insert(sql.insert, on: connection, &counts, expected: delta.inserts) }
    try await update(sql.update, on: connection, &counts, expected: delta.updates)
    if !insertsFirst { try await insert(sql.insert, on: connection, &counts, expected: delta.inserts) }
    let expected = delta.inserts + delta.updates
    var pass = 1
    while counts.written < expected {
      let refused = try await connection.query(sql.countRefused).rows.first?.int(0) ?? 0
      if counts.written + refused == expected {
        counts.protected += refused
        return
      }
      guard pass < Self.passes else {
        throw SyncError(
          table: table.target,
          message:
            "\(expected - counts.written - refused) rows keep changing under the merge, so nothing of it was committed",
          advice: "Run again when the app is less busy")
      }
      pass += 1
      try await update(sql.updateAgain, on: connection, &counts, expected: 1)
      try await insert(sql.insertAgain, on: connection, &counts, expected: 1)
    }
  }

  private func update(_ sql: SQL, on connection: Connection, _ counts: inout RowCounts, expected: Int) async throws {
    guard expected > 0 else { return }
    counts.updated += try await written(by: sql, on: connection)
  }

  private func insert(_ sql: SQL, on connection: Connection, _ counts: inout RowCounts, expected: Int) async throws {
    guard expected > 0 else { return }
    counts.inserted += try await written(by: sql, on: connection)
  }

  private func written(by sql: SQL, on connection: Connection) async throws -> Int {
    let answer = try await connection.query(sql)
    let foreign = answer.rows.first?.int(1) ?? -1
    guard foreign == 0 else {
      throw SyncError(
        table: table.target,
        message: "\(foreign) rows that it would write show a marker that is not ours, so nothing of it was committed",
        advice: "A trigger of the table may change the marker; pgtide leaves such a table alone")
    }
    return answer.rows.first?.int(0) ?? 0
  }

  /// Compares the transaction's own tuple counters with what came back: a row that was written beside the counted
  /// ones could be a protected one.
  private func prove(
    _ counts: RowCounts, since before: QueryResult, _ sql: MergeSQL, on connection: Connection
  ) async throws {
    guard table.counters.unusable == nil, let start = before.rows.first else { return }
    guard let end = try await connection.query(sql.counters).rows.first else { return }
    let difference = (0...2).map { (end.int($0) ?? 0) - (start.int($0) ?? 0) }
    // An insert that meets a concurrent one is taken back at once: it counts as inserted and as deleted.
    let inserted = difference[0] - difference[2]
    guard inserted == counts.inserted, difference[1] == counts.updated else {
      throw SyncError(
        table: table.target,
        message:
          "the server counts \(inserted) rows inserted and \(difference[1]) updated where \(counts.inserted) and "
          + "\(counts.updated) came back, so nothing of it was committed",
        advice: "A trigger or rule of another table may write to it; report this if there is none")
    }
  }
}
