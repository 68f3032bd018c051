import Postgres

/// How a run leaves tables that have landed.
extension MergePhase {
  /// Empties the tables' stages, analyzes those of which so much changed that the planner should know, and makes a stage for
  /// the next run where a table was loaded without one: in one message for all of them.
  ///
  /// A failure here changes nothing of what has landed; the report tells.
  func cleanUp(_ tables: [TablePlan]) async throws {
    let analyzed = tables.filter(isToBeAnalyzed)
    // Of many tables few ever need theirs.
    let makesStages = context.plan.tables.count <= StageTable.mostTogether
    let loaded = tables.filter {
      makesStages && extracted.table($0.target).isLoadedDirectly && !context.privateSchema.has($0.stage)
    }
    let mustBeHeld = await context.lock.mustBeHeld
    let transactions =
      [
        StageTable.empty(tables.flatMap(filled)),
        loaded.isEmpty
          ? [] : StageTable.create(loaded.map(\.stage), isGuarded: context.privateSchema.isGuarded) + [mustBeHeld],
      ].filter { !$0.isEmpty } + analyzed.map { [$0.analysis.statement($0.target)] }
    guard !transactions.isEmpty else { return }
    // Statements of one message are one transaction, unless they say otherwise.
    let statements =
      transactions.count == 1 ? transactions[0] : transactions.flatMap { [SQL.beginWriting] + $0 + ["COMMIT"] }
    do {
      try await cleanUp(tables, statements, analyzed: analyzed)
    } catch let error as PostgresError {
      // No connection, which whoever comes next needs too.
      for table in analyzed { noteNotAnalyzed(table, error) }
    }
  }

  private func cleanUp(_ tables: [TablePlan], _ statements: [SQL], analyzed: [TablePlan]) async throws {
    try await context.targets.lend { connection in
      let start = ContinuousClock.now
      do {
        try await connection.batch(statements)
        context.stages.noteEmptied(tables.flatMap(emptied))
        note(analyzed, took: start.duration(to: .now))
      } catch is PostgresError {
        // One of them failed, and what came behind it was not run. What the run leaves full it empties at its end.
        await connection.rollBack()
        for table in tables {
          await cleanupAlone(table, isAnalyzed: analyzed.contains { $0.target == table.target }, on: connection)
        }
      }
    }
  }

  private func cleanupAlone(_ table: TablePlan, isAnalyzed: Bool, on connection: Connection) async {
    let emptying = StageTable.empty(filled(table))
    if (try? await connection.batch(emptying)) != nil { context.stages.noteEmptied(emptied(table)) }
    guard isAnalyzed else { return }
    let start = ContinuousClock.now
    do {
      try await connection.query(table.analysis.statement(table.target))
      note([table], took: start.duration(to: .now))
    } catch let error as PostgresError {
      noteNotAnalyzed(table, error)
    } catch {}
  }

  private func noteNotAnalyzed(_ table: TablePlan, _ error: PostgresError) {
    context.log.notAnalyzed(table, because: error.messageWithoutValues)
    context.reports.change(table) { $0.notices.append("not analyzed: \(error.message)") }
  }

  /// The rest of what is to go is looked up there, when what refers to it has landed.
  private func emptied(_ table: TablePlan) -> [QualifiedName] {
    hasRest(table) ? [table.stage.stage] : table.stage.both
  }

  /// What holds rows of a table that has landed.
  private func filled(_ table: TablePlan) -> [StageTable.Filled] {
    let extracted = extracted.table(table.target)
    let rows = [
      (table.stage.stage, extracted.isLoadedDirectly ? 0 : extracted.counts.staged, extracted.bytes),
      (table.stage.delta, hasRest(table) ? 0 : deltas.delta(table).kept, 0),
    ]
    return rows.filter { $0.1 > 0 }.map {
      StageTable.Filled(name: $0, rows: $1, bytes: context.privateSchema.bytes($0) + $2)
    }
  }

  /// Gives the room of stages back that will not be merged.
  func freeStages(_ tables: [TablePlan]) async {
    _ = try? await context.targets.lend { await StageTable.free(tables.map(\.stage.stage), on: $0) }
  }

  // MARK: - ANALYZE

  private func note(_ analyzed: [TablePlan], took duration: Duration) {
    for table in analyzed {
      context.log.analyzed(table, took: duration)
      context.reports.change(table) { $0.isAnalyzed = true }
    }
  }

  /// Says of a table that is not why.
  private func isToBeAnalyzed(_ table: TablePlan) -> Bool {
    let report = context.reports.report(table)
    // A load that had to wait has done it.
    guard !report.isAnalyzed else { return false }
    guard context.settings.analyze else {
      context.log.notAnalyzed(table, because: "the configuration leaves it out")
      return false
    }
    guard AnalyzeRule.applies(to: report.counts, of: table) else {
      context.log.notAnalyzed(table, because: "too little changed")
      return false
    }
    guard table.analysis.isAllowed else {
      context.log.notAnalyzed(table, because: "only its owner may")
      context.reports.change(table) {
        $0.notices.append("not analyzed: only its owner may; run ANALYZE \(table.target.quoted)")
      }
      return false
    }
    return true
  }
}
