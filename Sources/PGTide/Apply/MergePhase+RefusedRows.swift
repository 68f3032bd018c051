import Postgres

/// How groups of tables land in one transaction, and what happens when the target refuses some of their rows.
extension MergePhase {
  /// Transactions in which rows are refused, each of which makes others orphans, before the merge gives up.
  private static let rounds = 8

  /// Applies the deltas of groups in one transaction: first each by whole statements. If the target refuses a row, all
  /// is rolled back and written again in parts, so that the rows which are refused are found and rejected.
  ///
  /// - Parameter isComparedAgain: the deltas were made anew after a parent was missing, so that a row which still lacks
  ///   one is the row's fault. The same holds where nothing is tried again.
  func land(_ groups: [[TablePlan]], isComparedAgain: Bool) async throws {
    try checkRejects(of: groups)
    try await checkDeletes(groups.flatMap(\.self))
    do {
      try await landWhole(groups, isTriedAgain: isComparedAgain)
    } catch let refusal as RefusedRow {
      try await landInParts(groups, because: refusal.error)
    } catch let error as SyncError
      where (isComparedAgain || context.retry.retries == 0) && error.cause?.sqlState == SQLState.foreignKeyViolation
    {
      try await landInParts(groups, because: error)
    }
  }

  /// Writes each group by whole statements. Where somebody has locked a row that is to be updated, all is rolled back, so
  /// that the run holds no row while it waits, and rows are waited for one by one.
  private func landWhole(_ groups: [[TablePlan]], isTriedAgain: Bool) async throws {
    do {
      try await landWhole(groups, isTriedAgain: isTriedAgain, waitsApart: false)
    } catch let error as SyncError
      where error.isAboutLockedRow(of: groups.flatMap(\.self))
      && !groups.joined().contains(where: { $0.key.pairing != nil })
    {
      context.log.waitingForRows(groups.flatMap(\.self), because: error)
      try await landWhole(groups, isTriedAgain: isTriedAgain, waitsApart: true)
    }
  }

  private func landWhole(_ groups: [[TablePlan]], isTriedAgain: Bool, waitsApart: Bool) async throws {
    let tables = groups.flatMap(\.self)
    if tables.count == 1 {
      return try await landWhole(tables[0], isTriedAgain: isTriedAgain, waitsApart: waitsApart)
    }
    try await Landing(merge: self, tables: tables).land(
      by: WayIn(asking: holdPairs(of: tables)) { connection, _ in
        var records: [SQL] = []
        for group in groups {
          records += try await apply(group, isTriedAgain: isTriedAgain, waitsApart: waitsApart, on: connection)
        }
        records += try await deleteRest(of: tables, inParts: false, on: connection)
        try await restoreGuarded(tables, on: connection)
        return .statements(records)
      })
  }

  /// Of a table that merges by itself, what is known beforehand travels with BEGIN.
  private func landWhole(_ table: TablePlan, isTriedAgain: Bool, waitsApart: Bool) async throws {
    let opening = opening(of: table, isTriedAgain: isTriedAgain, waitsApart: waitsApart)
    let start = begin(table)
    do {
      try await Landing(merge: self, tables: [table]).land(
        by: WayIn(asking: .all(holdPairs(of: [table]), opening)) { connection, answer in
          let answer = answer.1
          let opened = Opened(answer: answer, start: start)
          return .statements(
            try await apply(
              [table], isTriedAgain: isTriedAgain, waitsApart: waitsApart, opened: opened, on: connection))
        })
    } catch let error as SyncError
      where error.cause?.isAboutRow == true && opening.statements.map(\.text).contains(error.cause?.statement)
    {
      throw RefusedRow(error: error)
    }
  }

  /// Without the rows that were refused so far, the others may go in by whole statements, and rows that refer to each
  /// other in a ring go in no other way. Returns whether they did.
  private func hasLandedWhole(_ groups: [[TablePlan]]) async throws -> Bool {
    do {
      try await landWhole(groups, isTriedAgain: true)
      return true
    } catch is RefusedRow {
      return false
    } catch let error as SyncError where error.cause?.sqlState == SQLState.foreignKeyViolation {
      return false
    }
  }

  private func landInParts(_ groups: [[TablePlan]], because error: SyncError) async throws {
    context.log.mergeInParts(groups.flatMap(\.self), because: error)
    for round in 1...Self.rounds {
      if round > 1, groups.joined().contains(where: \.insertsFirst), try await hasLandedWhole(groups) { return }
      do {
        return try await Landing(merge: self, tables: groups.flatMap(\.self)).land(
          by: WayIn(asking: holdPairs(of: groups.flatMap(\.self))) { connection, _ in
            .statements(try await applyInParts(groups, on: connection))
          })
      } catch let refusals as RefusedRows {
        try await context.targets.lend { try await reject(refusals, in: groups, on: $0) }
        try checkRejects(of: groups)
      } catch let failure as SyncError where failure.cause?.isAboutLanguage == true {
        throw SyncError(
          table: error.relation, message: error.message,
          advice: "pgtide can leave such rows out, but needs the language plpgsql on the target for it",
          cause: failure.cause, summary: error.messageWithoutValues)
      }
    }
    throw error
  }

  /// Writes the deltas in parts inside an open transaction. Returns what must stand or fall with them.
  ///
  /// Throws: ``RefusedRows``, to be rejected in a transaction of their own, where they may make orphans of other rows that
  /// this transaction has written, or where there are too many of them.
  private func applyInParts(_ groups: [[TablePlan]], on connection: Connection) async throws -> [SQL] {
    var hasRefused = false
    var records: [SQL] = []
    for group in groups {
      try await connection.batch(["SET CONSTRAINTS ALL IMMEDIATE"] + group.waitingForEachOther)
      for table in group {
        let start = ContinuousClock.now
        let outcome = try await applyInParts(table, of: groups, on: connection)
        deltas.set([table.target: outcome.delta])
        context.reports.change(table) { report in
          report.take(outcome.delta, of: extracted.table(table.target))
          report.integrity = report.integrity.map { _ in "triggers: the target refused rows" }
        }
        if outcome.hasEnded || room(table, in: groups) ?? 0 < 0 {
          throw try await RefusedRows.read(of: groups.flatMap(\.self), from: connection)
        }
        if outcome.refused > 0 {
          hasRefused = true
          let rejects = RejectSQL(table: table, run: context.run)
          try await connection.batch(rejects.forget + [rejects.keep])
        }
        records += try landed(table, outcome.counts, since: start)
      }
      if group.count > 1, !hasRefused { try await checkConstraints(of: group, on: connection) }
    }
    if !hasRefused {
      do {
        try await restoreGuarded(groups.flatMap(\.self), on: connection)
      } catch let refusal as RefusedRow {
        throw refusal.error
      }
    }
    if hasRefused, mayMakeOrphans(groups) {
      throw try await RefusedRows.read(of: groups.flatMap(\.self), from: connection)
    }
    return records + (try await deleteRest(of: groups.flatMap(\.self), inParts: true, on: connection))
  }

  private func applyInParts(
    _ table: TablePlan, of groups: [[TablePlan]], on connection: Connection
  ) async throws -> PartwiseMerge.Outcome {
    let merge = PartwiseMerge(
      table: table, delta: deltas.delta(table), extracted: extracted.table(table.target).counts, run: context.run,
      isAlone: groups.joined().count == 1, writing: writing(beside: table), read: extracted.table(table.target).read,
      room: room(table, in: groups))
    do {
      return try await merge.apply(on: connection)
    } catch let error as PostgresError {
      throw SyncError(error, table: table.target, while: "merged")
    }
  }

  /// Has the constraints and triggers of a group of several tables speak that waited for each other.
  func checkConstraints(of group: [TablePlan], on connection: Connection) async throws {
    do {
      try await connection.query("SET CONSTRAINTS ALL IMMEDIATE")
    } catch let error as PostgresError {
      let table = group.first { "\($0.target)" == error.table }?.target
      let failure = SyncError(error, table: table, while: "merged")
      throw error.isAboutRow ? RefusedRow(error: failure) : failure as any Error
    }
  }

  /// A refused row may be the parent of one that this transaction has written, and no foreign key would have said so
  /// at once; or rows of one table that refer to each other have been torn apart.
  private func mayMakeOrphans(_ groups: [[TablePlan]]) -> Bool {
    let tables = groups.flatMap(\.self)
    return tables.count > 1
      || tables.contains(where: \.insertsFirst)
  }

  /// Rejects refused rows in transactions of their own, and in these tables what lacks its parent because of that.
  private func reject(_ refusals: RefusedRows, in groups: [[TablePlan]], on connection: Connection) async throws {
    var hasRefused = false
    for group in groups {
      // Compared before, when the refused rows were about to go in.
      if hasRefused { try await compare(group, on: connection, beforeMerge: stagedParents(of: group)) }
      guard group.contains(where: refusals.contains) else { continue }
      hasRefused = true
      let maker = deltaMaker(group, on: connection, beforeMerge: stagedParents(of: group))
      let begun = Dictionary(uniqueKeysWithValues: group.map { ($0.target, deltas.delta($0)) })
      let made = try await maker.reject(refusals, in: begun)
      deltas.set(made)
      for table in group {
        context.reports.change(table) { $0.take(deltas.delta(table), of: extracted.table(table.target)) }
      }
    }
  }

  // MARK: - How many may be rejected

  /// Several groups in one transaction share one limit.
  private func checkRejects(of groups: [[TablePlan]]) throws {
    if context.goal == .landTogether { try checkAllRejects() } else { try checkRejects(groups.flatMap(\.self)) }
  }

  /// How many more rows of a table may be rejected; `nil`: any number.
  private func room(_ table: TablePlan, in groups: [[TablePlan]]) -> Int? {
    guard let limit = context.settings.maxRejects else { return nil }
    let counted = context.goal == .landTogether ? groups.flatMap(\.self) : [table]
    return limit - counted.map { deltas.delta($0).rejected }.reduce(0, +)
  }

  /// Rows that the target refused when this table's parents merged may have been taken for present.
  func lostParents(_ table: TablePlan) -> Bool {
    table.references.contains { reference in
      context.plan.tables.contains { reference.refers(to: $0.target) && deltas.delta($0).refused > 0 }
    }
  }
}

extension SyncError {
  /// Somebody holds a row that one of these tables' updates wanted, for longer than they wait with other rows in hand.
  fileprivate func isAboutLockedRow(of tables: [TablePlan]) -> Bool {
    guard let cause, cause.sqlState == SQLState.lockNotAvailable else { return false }
    return tables.contains { MergeSQL(table: $0).update.text == cause.statement }
  }
}

extension PostgresError {
  /// The language of the code is not there, or not for us.
  fileprivate var isAboutLanguage: Bool {
    (sqlState == "42704" || sqlState == "42501") && message.contains("plpgsql")
  }
}
