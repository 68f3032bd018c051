import Postgres

/// Applies one table's delta, each of its halves by one statement, inside a transaction that somebody else opens and
/// commits. No savepoint is involved: locks on parents that prove something must not be taken inside one.
struct TableMerge: Sendable {
  let table: TablePlan
  let delta: Delta
  /// What was read and staged.
  let extracted: RowCounts
  /// No other table merges in the same group, so that deferred constraints can be checked at its end.
  let isAlone: Bool
  /// The merge is tried again after a row had lost its parent: the server's triggers say which.
  let isTriedAgain: Bool
  /// About how many rows a parent has; `nil` where nobody knows.
  let parentRows: @Sendable (QualifiedName) -> Int?

  /// Passes in which the app may get in the way of the same rows before the merge gives up.
  private static let passes = 5

  /// What is asked before anything is written: how many rows the stage holds, what the session has written so far, and
  /// what a proof in sets rests on.
  var opening: [SQL] {
    let sql = MergeSQL(table: table)
    return [sql.countStage, sql.counters] + (isWorthProving ? SetProof(table: table).preconditions : [])
  }

  /// Writes what differs, and proves it.
  ///
  /// - Parameter before: the answers to `opening`, from the same transaction.
  ///
  /// Throws: ``RowRefusal`` when the target refused a row; ``SyncError`` when the sums do not match or a protected row
  /// was touched. The caller rolls back.
  func apply(_ before: [QueryResult], on connection: Connection) async throws -> Outcome {
    let sql = MergeSQL(table: table)
    var counts = extracted
    counts.unchanged = delta.unchanged + extracted.matched
    counts.protected = delta.protected
    counts.rejected = delta.rejected
    var proof = isWorthProving ? SetProof(table: table) : nil
    try table.check(Accounting.stageMismatch(extracted, standing: before[0].rows.first?.int(0) ?? -1))
    var obstacle = table.integrity.reasonForTriggers
    if let found = proof?.obstacle(in: before[before.count - 1]) { (proof, obstacle) = (nil, found) }
    if delta.inserts + delta.updates > 0 {
      try await write(sql, proof, on: connection, counts: &counts)
      if let proof { try await proveKeys(proof, on: connection) }
      try await prove(counts, since: before[1], sql, on: connection)
    }
    try table.check(Accounting.mergeMismatch(counts))
    return Outcome(counts: counts, integrity: integrity(proof, obstacle))
  }

  struct Outcome: Sendable {
    let counts: RowCounts
    /// How the foreign keys of inserted rows were kept.
    let integrity: String?
  }

  private var isWorthProving: Bool {
    isAlone && !isTriedAgain && table.integrity.reasonForTriggers == nil
      && delta.inserts >= IntegrityPlan.worthwhileInserts
  }

  /// Every staged row goes in, as in most first loads.
  private var insertsAll: Bool { delta.inserts == extracted.staged }

  private func integrity(_ proof: SetProof?, _ obstacle: String?) -> String? {
    if delta.inserts == 0 || table.integrity.facts.foreignKeys.isEmpty { return nil }
    if proof != nil { return "proved in sets" }
    let reason =
      obstacle
      ?? (!isAlone ? "it merges together with others" : isTriedAgain ? "a row had lost its parent" : "few rows")
    return "triggers: \(reason)"
  }

  /// Throws: an error with the SQLSTATE of a foreign-key violation when a parent went between the delta and the merge.
  private func proveKeys(_ proof: SetProof, on connection: Connection) async throws {
    let steps = proof.steps(of: insertsAll ? .stage : .delta, inserted: delta.inserts, parentRows: parentRows)
    let answers = try await connection.batch(steps.map(\.sql))
    guard let orphans = SetProof.orphans(steps, answers) else { return }
    throw PostgresError(
      kind: .statement, connection: connection.label, sqlState: SQLState.foreignKeyViolation,
      message: "rows with \(orphans.count) keys lost their parent in \(orphans.key.parent) while they were being "
        + "merged",
      constraint: orphans.key.name)
  }

  /// Tells what the server says of a row from its other errors.
  private func refusing<R>(_ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error as PostgresError
      where RowError.isAboutRow(error.sqlState) && error.sqlState != SQLState.foreignKeyViolation
    {
      throw RowRefusal(error: SyncError(error, table: table.target, while: "merged"))
    }
  }

  /// Updates, inserts, and goes after the rows that did not come back, until each is written or found protected.
  private func write(_ sql: MergeSQL, _ proof: SetProof?, on connection: Connection, counts: inout RowCounts)
    async throws
  {
    if table.insertsFirst { try await insert(sql, proof, on: connection, &counts) }
    try await update(sql.update, on: connection, &counts, expected: delta.updates)
    if !table.insertsFirst { try await insert(sql, proof, on: connection, &counts) }
    let expected = delta.inserts + delta.updates
    var pass = 1
    while counts.written < expected {
      let refused = try await connection.query(sql.countRefused).rows.first?.int(0) ?? 0
      if counts.written + refused == expected {
        counts.protected += refused
        return
      }
      let missing = expected - counts.written - refused
      if table.hasBeforeTriggers, pass > 1 {
        throw RowRefusal(error: MergeObstacle.restlessRows.error(table, "\(missing) rows were left out by a trigger"))
      }
      guard pass < Self.passes else {
        throw MergeObstacle.restlessRows.error(table, "\(missing) rows keep changing under the merge")
      }
      pass += 1
      try await update(sql.updateAgain, on: connection, &counts, expected: 1)
      counts.inserted += try await written(by: [sql.insertAgain], on: connection)
    }
  }

  private func update(_ sql: SQL, on connection: Connection, _ counts: inout RowCounts, expected: Int) async throws {
    guard expected > 0 else { return }
    counts.updated += try await written(by: [sql], on: connection)
  }

  private func insert(
    _ sql: MergeSQL, _ proof: SetProof?, on connection: Connection, _ counts: inout RowCounts
  ) async throws {
    guard delta.inserts > 0 else { return }
    // Triggers are left out for this one statement only: updates keep theirs.
    let insert = insertsAll ? sql.insertAll : sql.insert
    let statements = proof == nil ? [insert] : [IntegritySQL.leaveTriggersOut, insert, IntegritySQL.runTriggersAgain]
    counts.inserted += try await written(by: statements, on: connection)
  }

  /// Runs statements of which one writes, and returns how many rows that wrote.
  private func written(by statements: [SQL], on connection: Connection) async throws -> Int {
    let answers = try await refusing { try await connection.batch(statements) }
    let answer = answers[statements.count / 2]
    let foreign = answer.rows.first?.int(1) ?? -1
    guard foreign == 0 else {
      throw MergeObstacle.foreignMarker.error(
        table, "\(foreign) rows that it would write show a marker that is not ours")
    }
    let moved = answer.rows.first?.int(2) ?? -1
    guard moved == 0 else {
      throw MergeObstacle.movedKey.error(table, "\(moved) rows that it would write have another key than on the source")
    }
    return answer.rows.first?.int(0) ?? 0
  }

  /// Has the constraints and triggers speak that would wait for COMMIT, where nobody could tell whose they are. Then
  /// compares the transaction's own tuple counters with what came back: a row that was written beside the counted ones
  /// could be a protected one.
  private func prove(
    _ counts: RowCounts, since before: QueryResult, _ sql: MergeSQL, on connection: Connection
  ) async throws {
    var statements = [sql.counters]
    if isAlone { statements.insert("SET CONSTRAINTS ALL IMMEDIATE", at: 0) }
    let answers = try await refusing { try await connection.batch(statements) }
    guard table.counters.unusable == nil, let start = before.rows.first, let end = answers.last?.rows.first else {
      return
    }
    let difference = (0...2).map { (end.int($0) ?? 0) - (start.int($0) ?? 0) }
    // An insert that meets a concurrent one is taken back at once: it counts as inserted and as deleted.
    let inserted = difference[0] - difference[2]
    guard inserted == counts.inserted, difference[1] == counts.updated else {
      throw MergeObstacle.miscounted.error(
        table,
        "the server counts \(inserted) rows inserted and \(difference[1]) updated where \(counts.inserted) and "
          + "\(counts.updated) came back")
    }
  }
}

extension TablePlan {
  /// Throws: ``SyncError`` when sums do not match.
  func check(_ mismatch: String?) throws {
    guard let mismatch else { return }
    throw SyncError(
      table: target, message: "the sums do not match, so nothing of it was committed: \(mismatch)",
      advice: "Run again; if it stays so, report it")
  }

  /// Rows of the table refer to each other, so that parents go in before anything points to them.
  var insertsFirst: Bool { references.contains { $0.parent == target } }
}
