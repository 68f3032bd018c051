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
  /// Rows that somebody has locked are left alone first, and then waited for one by one, with none in hand that may turn out
  /// to be somebody else's.
  var waitsApart = false
  /// How long the session waits for a lock; zero: for ever.
  let lockTimeout: Duration
  /// About how many rows a parent has; `nil` where nobody knows.
  let parentRows: @Sendable (QualifiedName) -> Int?

  /// Passes in which the app may get in the way of the same rows before the merge gives up.
  private static let passes = 5

  /// What travels with BEGIN: questions before anything is written, of how many rows the stage holds, what the session has
  /// written so far, who refers to the rows that updates change, and what a proof in sets rests on. Where nothing is to be decided by those, all that is written
  /// follows at once.
  var opening: [SQL] { questions + (isWorthProving ? SetProof(table: table).preconditions : writing) }

  private var sql: MergeSQL { MergeSQL(table: table) }
  private var questions: [SQL] { [sql.countStage, sql.counters] + (delta.updates > 0 ? sql.locksOfReferrers : []) }

  /// Writes what differs by the server's own triggers, and has it counted.
  private var writing: [SQL] { writes.isEmpty ? [] : writes.flatMap(\.statements) + counting }

  /// One half of the delta.
  private struct Write {
    enum Kind { case insert, update }

    let kind: Kind
    let sql: SQL
    /// What goes before it and behind it.
    var around: (before: SQL, after: SQL)?

    var statements: [SQL] { around.map { [$0.before, sql, $0.after] } ?? [sql] }
    /// Place of its answer among those to `statements`.
    var place: Int { around == nil ? 0 : 1 }
  }

  /// How long an update waits for a row that somebody has locked, with other rows in hand.
  private static let patience = Duration.milliseconds(500)

  /// One statement for each half of the delta that is not empty.
  private var writes: [Write] {
    let inserts = delta.inserts > 0 ? [Write(kind: .insert, sql: insertsAll ? sql.insertAll : sql.insert)] : []
    let updates = delta.updates > 0 ? [update] : []
    return table.insertsFirst ? inserts + updates : updates + inserts
  }

  private var update: Write {
    if waitsApart { return Write(kind: .update, sql: sql.updateFree) }
    guard lockTimeout == .zero || lockTimeout > Self.patience else { return Write(kind: .update, sql: sql.update) }
    return Write(
      kind: .update, sql: sql.update,
      around: (Self.limitWaits(to: Self.patience), Self.limitWaits(to: lockTimeout)))
  }

  private static func limitWaits(to limit: Duration) -> SQL {
    "SET LOCAL lock_timeout = \(Int(limit.seconds * 1000))"
  }

  /// Has the constraints and triggers speak that would wait for COMMIT, where nobody could tell whose they are, and asks
  /// what the session has written since.
  private var counting: [SQL] { (isAlone ? ["SET CONSTRAINTS ALL IMMEDIATE"] : []) + [sql.counters] }

  /// Writes what differs, and proves it.
  ///
  /// - Parameter before: the answers to `opening`, from the same transaction.
  ///
  /// Throws: ``RowRefusal`` when the target refused a row; ``SyncError`` when the sums do not match or a protected row
  /// was touched. The caller rolls back.
  func apply(_ before: [QueryResult], on connection: Connection) async throws -> Outcome {
    var counts = extracted
    counts.unchanged = delta.unchanged + extracted.matched
    counts.rewritten = delta.rewritten
    counts.protected = delta.protected
    counts.rejected = delta.rejected
    try table.check(Accounting.stageMismatch(extracted, standing: before[0].rows.first?.int(0) ?? -1))
    var obstacle = table.integrity.reasonForTriggers
    var proof: SetProof?
    if isWorthProving {
      proof = SetProof(table: table)
      if let found = proof?.obstacle(in: before[before.count - 1]) { (proof, obstacle) = (nil, found) }
      try await write(proof, since: before[1], on: connection, &counts)
    } else if !writes.isEmpty {
      var counted = before[before.count - 1]
      var place = questions.count
      for write in writes {
        try take(before[place + write.place], of: write.kind, &counts)
        place += write.statements.count
      }
      if try await completeRows(on: connection, &counts) { counted = try await count(on: connection) }
      try check(counts, counted, since: before[1])
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
      constraint: orphans.key.name.name)
  }

  /// What the target says of a row is told from its other errors.
  func refusal(_ error: PostgresError) -> RowRefusal? {
    error.isAboutRow ? RowRefusal(error: SyncError(error, table: table.target, while: "merged")) : nil
  }

  private func refusing<R>(_ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error as PostgresError {
      throw refusal(error) ?? error as any Error
    }
  }

  // MARK: - Writing, where the questions decide how

  /// Writes what differs. With a proof, triggers are left out for the INSERT only: updates keep theirs.
  private func write(
    _ proof: SetProof?, since before: QueryResult, on connection: Connection, _ counts: inout RowCounts
  ) async throws {
    for write in writes {
      let isProved = write.kind == .insert && proof != nil
      var write = write
      if isProved { write.around = (IntegritySQL.leaveTriggersOut, IntegritySQL.runTriggersAgain) }
      let answers = try await refusing { [write] in try await connection.batch(write.statements) }
      try take(answers[write.place], of: write.kind, &counts)
    }
    _ = try await completeRows(on: connection, &counts)
    if let proof { try await proveKeys(proof, on: connection) }
    try check(counts, try await count(on: connection), since: before)
  }

  /// Takes a write's answer.
  private func take(_ answer: QueryResult, of write: Write.Kind, _ counts: inout RowCounts) throws {
    guard !answer.columns.isEmpty else {
      counts.inserted += answer.affectedRows
      return
    }
    let foreign = answer.rows.first?.int(1) ?? -1
    guard foreign == 0 else {
      throw MergeObstacle.foreignMarker.error(
        table, "\(foreign) rows that it would write show a marker that is not ours")
    }
    let moved = answer.rows.first?.int(2) ?? -1
    guard moved == 0 else {
      throw MergeObstacle.movedKey.error(table, "\(moved) rows that it would write have another key than on the source")
    }
    let rows = answer.rows.first?.int(0) ?? 0
    switch write {
    case .insert: counts.inserted += rows
    case .update: counts.updated += rows
    }
  }

  /// Goes after the rows that did not come back, until each is written or found protected. Returns whether there was any.
  private func completeRows(on connection: Connection, _ counts: inout RowCounts) async throws -> Bool {
    let expected = delta.inserts + delta.updates
    guard counts.written < expected else { return false }
    var pass = 1
    while counts.written < expected {
      let refused = try await connection.query(sql.countRefused).rows.first?.int(0) ?? 0
      if counts.written + refused == expected {
        counts.protected += refused
        return true
      }
      let missing = expected - counts.written - refused
      if table.hasBeforeTriggers, pass > 1 {
        throw RowRefusal(error: MergeObstacle.restlessRows.error(table, "\(missing) rows were left out by a trigger"))
      }
      guard pass < Self.passes else {
        throw MergeObstacle.restlessRows.error(table, "\(missing) rows keep changing under the merge")
      }
      pass += 1
      let written = counts.written
      if waitsApart { try await connection.batch(sql.waitForRow) }
      let updateAgain = waitsApart ? sql.updateFreeAgain : sql.updateAgain
      for (kind, sql) in [(Write.Kind.update, updateAgain), (.insert, sql.insertAgain)] {
        try take(try await refusing { try await connection.query(sql) }, of: kind, &counts)
      }
      if counts.written > written { pass = 1 }
    }
    return true
  }

  // MARK: - Counting

  private func count(on connection: Connection) async throws -> QueryResult {
    let answers = try await refusing { try await connection.batch(counting) }
    return answers[answers.count - 1]
  }

  /// Compares the transaction's own tuple counters with what came back: a row that was written beside the counted ones
  /// could be a protected one.
  private func check(_ counts: RowCounts, _ counted: QueryResult, since before: QueryResult) throws {
    guard table.counters.unusable == nil, let start = before.rows.first, let end = counted.rows.first else { return }
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
}
