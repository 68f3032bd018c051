import Postgres

/// Applies one table's delta, each of its halves by one statement, inside a transaction that somebody else opens and
/// commits. No savepoint is involved: locks on parents that prove something must not be taken inside one.
struct TableMerge: Sendable {
  let table: TablePlan
  let delta: Delta
  /// What was read and staged.
  let extracted: RowCounts
  let run: RunIdentity
  /// No other table merges in the same group, so that deferred constraints can be checked at its end.
  let isAlone: Bool
  /// Other tables are written in the same transaction.
  let sharesTransaction: Bool
  /// The tables with rows that are written in the same transaction.
  let writing: [TablePlan]
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
  /// written so far, who refers to the rows that updates change, and what a proof in sets rests on. Where nothing is to be
  /// decided by those, all that is written follows at once, by the server's own triggers, and is counted.
  var opening: Question<Opened> {
    let looked = Question.all(
      sql.standing, sql.counted, .running(delta.updates > 0 ? sql.locksOfReferrers : []), reached)
    let proof = isWorthProving ? SetProof(table: table).preconditions : nil
    let writing =
      proof == nil && !writes.isEmpty && delta.deletes == 0
      ? Question.all(.each(writes.map(\.question)), counting) : nil
    return Question.all(looked, .optional(proof), .optional(writing)).map { looked, obstacle, written in
      Opened(
        standing: looked.0, counters: looked.1, reached: looked.3, obstacle: obstacle ?? nil, written: written)
    }
  }

  /// What came back with BEGIN.
  struct Opened: Sendable {
    /// Rows in the stage.
    let standing: Int
    fileprivate let counters: TupleCounters
    /// What the session had done to rows that refer to the table's.
    let reached: [CascadeSQL.Reached]
    /// Why keys cannot be proved in sets after all.
    fileprivate let obstacle: String?
    /// What was written, where that did not have to wait, and what the session had written then.
    fileprivate let written: (rows: [(kind: WriteKind, rows: WrittenRows)], counters: Counted)?
  }

  private var sql: MergeSQL { MergeSQL(table: table) }

  fileprivate enum WriteKind { case insert, update }

  /// One half of the delta.
  private struct Write {
    let kind: WriteKind
    let sql: SQL
    var before: [SQL] = []
    var behind: [SQL] = []

    var question: Question<(kind: WriteKind, rows: WrittenRows)> {
      Question.all(.running(before), MergeSQL.writing(sql), .running(behind)).map { [kind] in (kind, $0.1) }
    }
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
      kind: .update, sql: sql.update, before: [SQL.limitWaits(to: Self.patience)],
      behind: [SQL.limitWaits(to: lockTimeout)])
  }

  /// Has the constraints and triggers speak that would wait for COMMIT, where nobody could tell whose they are, and asks
  /// what the session has written since.
  private var counting: Question<Counted> {
    Question.all(.running(isAlone ? ["SET CONSTRAINTS ALL IMMEDIATE" as SQL] : []), sql.counted, reached)
      .map { ($0.1, $0.2) }
  }

  /// What the session has done, in the table itself and to rows that refer to it.
  fileprivate typealias Counted = (own: TupleCounters, reached: [CascadeSQL.Reached])

  /// Only updates write through foreign keys. One that is added meanwhile changes the table's fingerprint.
  private var reached: Question<[CascadeSQL.Reached]> {
    delta.updates > 0 && table.mayReachOthers ? CascadeSQL(table: table).question : .known([])
  }

  /// Writes what differs, and proves it.
  ///
  /// - Parameter opened: the answer to `opening`, from the same transaction.
  ///
  /// Throws: ``RefusedRow`` when the target refused a row; ``SyncError`` when the sums do not match or a protected row
  /// was touched. The caller rolls back.
  func apply(_ opened: Opened, on connection: Connection) async throws -> Outcome {
    var counts = extracted
    counts.unchanged = delta.unchanged + extracted.matched
    counts.rewritten = delta.rewritten
    counts.protected = delta.protected
    counts.rejected = delta.rejected
    try table.check(Accounting.stageMismatch(extracted, standing: opened.standing))
    var obstacle = table.integrity.reasonForTriggers
    var proof: SetProof?
    var reached = opened.reached
    // What has gone is out of the way of what comes.
    if let deletion = TableDeletion(table, delta, run: run, isFirst: sharesTransaction, before: writing) {
      try await deletion.run(on: connection, inParts: false, &counts)
    }
    if isWorthProving {
      if let found = opened.obstacle { obstacle = found } else { proof = SetProof(table: table) }
      let counted = try await write(proof, on: connection, &counts)
      try check(counts, counted.own - opened.counters)
      reached = counted.reached
    } else if delta.deletes > 0 {
      let counted = try await write(nil, on: connection, &counts)
      try check(counts, counted.own - opened.counters)
      reached = counted.reached
    } else if let written = opened.written {
      for write in written.rows { try take(write.rows, of: write.kind, &counts) }
      var counted = written.counters
      if try await completeRows(on: connection, &counts) { counted = try await count(on: connection) }
      try check(counts, counted.own - opened.counters)
      reached = counted.reached
    }
    return Outcome(counts: counts, integrity: integrity(proof, obstacle), reached: reached)
  }

  struct Outcome: Sendable {
    let counts: RowCounts
    /// How the foreign keys of inserted rows were kept.
    let integrity: String?
    /// What the session has done to rows that refer to the table's.
    let reached: [CascadeSQL.Reached]
  }

  private var isWorthProving: Bool {
    isAlone && !isTriedAgain && table.integrity.reasonForTriggers == nil
      && delta.inserts >= IntegrityPlan.worthwhileInserts
  }

  /// Every staged row goes in, as in most first loads.
  private var insertsAll: Bool { delta.inserts == extracted.staged }

  private func integrity(_ proof: SetProof?, _ obstacle: String?) -> String? {
    if delta.inserts == 0 || table.integrity.facts.foreignKeys.isEmpty { return nil }
    if proof != nil { return "checked in sets" }
    let reason =
      obstacle
      ?? (!isAlone ? "it merges together with others" : isTriedAgain ? "a row had lost its parent" : "few rows")
    return "triggers: \(reason)"
  }

  /// Throws: an error with the SQLSTATE of a foreign-key violation when a parent went between the delta and the merge.
  private func proveKeys(_ proof: SetProof, on connection: Connection) async throws {
    let question = proof.orphans(
      of: insertsAll ? .stage : .delta, inserted: delta.inserts, parentRows: parentRows)
    guard let orphans = try await connection.ask(question) else { return }
    throw PostgresError(
      kind: .statement, connection: connection.label, sqlState: SQLState.foreignKeyViolation,
      message: "rows with \(orphans.count) keys lost their parent in \(orphans.key.parent) while they were being "
        + "merged",
      constraint: orphans.key.name.name)
  }

  /// What the target says of a row is told from its other errors.
  func refusal(_ error: PostgresError) -> RefusedRow? {
    error.isAboutRow ? RefusedRow(error: SyncError(error, table: table.target, while: "merged")) : nil
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
    _ proof: SetProof?, on connection: Connection, _ counts: inout RowCounts
  ) async throws -> Counted {
    for write in writes {
      let isProved = write.kind == .insert && proof != nil
      var write = write
      if isProved {
        (write.before, write.behind) = ([IntegritySQL.leaveTriggersOut], [IntegritySQL.runTriggersAgain])
      }
      let written = try await refusing { [write] in try await connection.ask(write.question) }
      try take(written.rows, of: written.kind, &counts)
    }
    _ = try await completeRows(on: connection, &counts)
    if let proof { try await proveKeys(proof, on: connection) }
    return try await count(on: connection)
  }

  /// Takes a write's answer.
  private func take(_ written: WrittenRows, of kind: WriteKind, _ counts: inout RowCounts) throws {
    guard written.foreign == 0 else {
      throw MergeObstacle.foreignMarker.error(
        table,
        "\(CountedWords.rows(written.foreign, "that it would write shows", "that it would write show")) a marker that is not ours"
      )
    }
    guard written.moved == 0 else {
      throw MergeObstacle.movedKey.error(
        table,
        "\(CountedWords.rows(written.moved, "that it would write has", "that it would write have")) another key than on the source"
      )
    }
    switch kind {
    case .insert: counts.inserted += written.rows
    case .update: counts.updated += written.rows
    }
  }

  /// Goes after the rows that did not come back, until each is written or found protected. Returns whether there was any.
  private func completeRows(on connection: Connection, _ counts: inout RowCounts) async throws -> Bool {
    let expected = delta.inserts + delta.updates
    guard counts.written < expected else { return false }
    var pass = 1
    while counts.written < expected {
      let (refused, referredTo) = try await connection.ask(sql.refused)
      if referredTo > 0 {
        throw RefusedRow(
          error: MergeObstacle.writesToOthers.error(
            table, "rows that are not ours have come to refer to \(referredTo) of its rows"))
      }
      if counts.written + refused == expected {
        counts.protected += refused
        return true
      }
      let missing = expected - counts.written - refused
      if table.hasBeforeTriggers, pass > 1 {
        throw RefusedRow(
          error: MergeObstacle.restlessRows.error(
            table, "\(CountedWords.rows(missing, "was", "were")) left out by a trigger"))
      }
      guard pass < Self.passes else {
        throw MergeObstacle.restlessRows.error(
          table, "\(CountedWords.rows(missing, "keeps", "keep")) changing under the merge")
      }
      // Nobody else has written to rows of ours since, and one that has gone in has no key by which it is found.
      if table.key.pairing != nil, delta.inserts > counts.inserted {
        throw RefusedRow(
          error: MergeObstacle.restlessRows.error(
            table, "\(CountedWords.rows(missing, "was", "were")) left out by a trigger"))
      }
      pass += 1
      let written = counts.written
      if waitsApart { try await connection.batch(sql.waitForRow) }
      let updateAgain = waitsApart ? sql.updateFreeAgain : sql.updateAgain
      for (kind, sql) in [(WriteKind.update, updateAgain), (.insert, sql.insertAgain)] {
        try take(WrittenRows(try await refusing { try await connection.query(sql) }), of: kind, &counts)
      }
      if counts.written > written { pass = 1 }
    }
    return true
  }

  // MARK: - Counting

  private func count(on connection: Connection) async throws -> Counted {
    try await refusing { try await connection.ask(counting) }
  }

  /// Compares the transaction's own tuple counters with what came back: a row that was written beside the counted ones
  /// could be a protected one.
  private func check(_ counts: RowCounts, _ written: TupleCounters) throws {
    guard table.counters.unusable == nil else { return }
    // An insert that meets a concurrent one is taken back at once: it counts as inserted and as deleted.
    let inserted = written.inserted - (written.deleted - counts.deleted)
    guard inserted == counts.inserted, written.updated == counts.updated else {
      throw MergeObstacle.miscounted.error(
        table,
        "the server counts \(inserted) rows inserted and \(written.updated) updated where \(counts.inserted) and "
          + "\(counts.updated) came back")
    }
  }
}

extension SQL {
  /// How long the transaction waits for a lock from here on; zero: for ever.
  static func limitWaits(to limit: Duration) -> SQL { "SET LOCAL lock_timeout = \(Int(limit.seconds * 1000))" }
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
