import Postgres

/// Brings the target level with the stages, a group of tables at a time: the delta, then the merge with its proof and
/// its place in the users' status table, in one transaction. Where the delta finds nothing to write, its own transaction is
/// the last one.
struct MergePhase: Sendable {
  var context: RunContext
  let extracted: ExtractionLedger
  let deltas: DeltaLedger
  /// `nil`: every row crosses whole.
  let keyCache: KeyCache?
  /// Plans from what the source said at the beginning, and the target as it is now.
  let planAgain: @Sendable (_ target: Connection) async throws -> SyncPlan

  // MARK: - Merge

  /// Merges a group that was compared. Returns whether it landed.
  func merge(_ group: MergeGroup) async throws -> Bool {
    let tables = group.tables.compactMap(context.plan.table)
    return try await recordingFailure(of: tables) {
      do {
        try await merge(tables)
      } catch let error as SyncError where error.saysTableChanged {
        let tables = try await plannedAgain(tables, because: error)
        try await compareAgain(tables)
        try await landing([tables], comparingAgain: { try await compareAgain(tables) })
      }
      announce(tables)
    }
  }

  private func merge(_ tables: [TablePlan]) async throws {
    // A parent may have come to the target since, or its update may have written to what refers to it; before its table
    // merged, nobody could know.
    if tables.contains(where: {
      deltas.delta($0).rejects[.missingParent] != nil || lostParents($0) || wasWrittenTo($0) || mayHaveLostParents($0)
    }) {
      try await compareAgain(tables)
    }
    try await landing([tables], comparingAgain: { try await compareAgain(tables) })
  }

  private func compareAgain(_ tables: [TablePlan]) async throws {
    try await retrying(tables) {
      try await context.targets.lend { _ = try await compare(tables, on: $0, beforeMerge: []) }
    }
  }

  /// Applies the deltas of groups in one transaction, and again after an error that may pass, with new deltas each
  /// time. When this returns, the transaction stands.
  func landing(_ groups: [[TablePlan]], comparingAgain: () async throws -> Void) async throws {
    let tables = groups.flatMap(\.self)
    var isFirst = true
    try await retrying(tables) {
      let isComparedAgain = !isFirst
      if isComparedAgain { try await comparingAgain() }
      isFirst = false
      try await land(groups, isComparedAgain: isComparedAgain)
    }
    for table in tables { context.log.rowsRefused(table, deltas.delta(table)) }
  }

  /// Creates the stages of these tables where they are missing, and empties those that are there.
  func makeStages(for tables: [TablePlan]) async throws {
    context.stages.use(tables.flatMap(\.stage.both))
    guard tables.contains(where: { !context.privateSchema.isReady($0.stage) }) else { return }
    try await context.underLock { mustBeHeld in
      try await context.targets.lend {
        try await PrivateSchema.makeStages(
          for: tables, facts: context.privateSchema, on: $0, lockMustBeHeld: mustBeHeld)
      }
    }
  }

  /// Applies the deltas inside an open transaction. Returns what must stand or fall with them.
  ///
  /// - Parameter opened: the answer to the only table's ``opening(of:isTriedAgain:waitsApart:)``; `nil` if that is still
  ///   to be asked.
  func apply(
    _ tables: [TablePlan], isTriedAgain: Bool, waitsApart: Bool, opened: Opened? = nil, on connection: Connection
  ) async throws -> [SQL] {
    var records: [SQL] = []
    var guards: [CascadeGuard] = []
    if tables.count > 1 { try await connection.query("SET CONSTRAINTS ALL DEFERRED") }
    for table in tables {
      let start = opened?.start ?? begin(table)
      let merge = merge(
        table, isAlone: tables.count == 1, isTriedAgain: isTriedAgain, waitsApart: waitsApart)
      let outcome: TableMerge.Outcome
      do {
        let answer = if let opened { opened.answer } else { try await connection.ask(merge.opening) }
        outcome = try await merge.apply(answer, on: connection)
        guards.append(CascadeGuard(table: table, before: answer.reached, after: outcome.reached))
      } catch let error as PostgresError {
        throw merge.refusal(error) ?? SyncError(error, table: table.target, while: "merged") as any Error
      }
      context.reports.change(table) { $0.integrity = outcome.integrity }
      records += try landed(table, outcome.counts, since: start)
    }
    let hasRestored = try await restore(tables, on: connection)
    try await check(guards, isDone: !hasRestored, on: connection)
    if tables.count > 1 { try await checkConstraints(of: tables, on: connection) }
    return records
  }

  /// What came back with BEGIN, and when that was sent.
  struct Opened: Sendable {
    let answer: TableMerge.Opened
    let start: ContinuousClock.Instant
  }

  /// Says that a table is being merged.
  func begin(_ table: TablePlan) -> ContinuousClock.Instant {
    let delta = deltas.delta(table)
    context.observer(.merging(table: table.label, rows: delta.inserts + delta.updates))
    context.log.mergeBegun(table, delta)
    // Until it is known better; a merge in parts says so by itself.
    if delta.inserts > 0, !table.integrity.facts.foreignKeys.isEmpty {
      context.reports.change(table) { $0.integrity = "triggers" }
    }
    return .now
  }

  /// What the merge of a table that merges by itself sends first, to travel with BEGIN.
  func opening(of table: TablePlan, isTriedAgain: Bool, waitsApart: Bool) -> Question<TableMerge.Opened> {
    merge(table, isAlone: true, isTriedAgain: isTriedAgain, waitsApart: waitsApart).opening
  }

  private func merge(_ table: TablePlan, isAlone: Bool, isTriedAgain: Bool, waitsApart: Bool) -> TableMerge {
    TableMerge(
      table: table, delta: deltas.delta(table), extracted: extracted.table(table.target).counts, run: context.run,
      isAlone: isAlone, sharesTransaction: !isAlone || context.goal == .landTogether && context.plan.groups.count > 1,
      writing: writing(beside: table), isTriedAgain: isTriedAgain, waitsApart: waitsApart,
      lockTimeout: context.settings.lockTimeout,
      parentRows: rowCount)
  }

  /// About how many rows a table of the run has: those that were read, or what the source's statistics say.
  func rowCount(_ name: QualifiedName) -> Int? {
    guard let table = context.plan.table(name) else { return nil }
    let read = context.reports.report(table).counts.read
    return read > 0 && !table.readsChangesOnly ? read : table.source.estimatedRows
  }

  /// Runs `body`, and again after an error that may pass. A deadlock is one, and a parent that went between the delta
  /// and the merge.
  func retrying(_ tables: [TablePlan], _ body: () async throws -> Void) async throws {
    try await context.retry.run(
      isPassing: {
        $0.isPassing || $0.serverError?.sqlState == SQLState.foreignKeyViolation || isRaceForStatus($0)
          || ($0 as? SyncError)?.saysPairsChanged == true
      },
      beforeRetry: { attempt, error in
        for table in tables { context.noteRetry(of: table, attempt: attempt, error) }
      }
    ) { try await body() }
  }
}

extension MergePhase {
  /// Another flow has added the same table's first row to the users' status table meanwhile.
  private func isRaceForStatus(_ error: any Error) -> Bool {
    guard let metadata = context.plan.metadata, let error = error.serverError else { return false }
    return error.sqlState == SQLState.uniqueViolation && error.table == "\(metadata.table)"
  }
}
