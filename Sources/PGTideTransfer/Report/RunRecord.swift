import Postgres

/// What a run writes down of itself at its end.
package struct RunRecord: Sendable {
  package let plan: SyncPlan
  package let run: RunIdentity
  package let goal: RunGoal
  /// As it was asked for, also where nothing is to land.
  package let isAtomic: Bool
  package let settings: RunSettings
  package let start: ContinuousClock.Instant

  package init(
    plan: SyncPlan, run: RunIdentity, goal: RunGoal, isAtomic: Bool, settings: RunSettings,
    start: ContinuousClock.Instant
  ) {
    self.plan = plan
    self.run = run
    self.goal = goal
    self.isAtomic = isAtomic
    self.settings = settings
    self.start = start
  }

  /// - Parameter error: what ended the run before its end; tables that were not through then are told so.
  package func report(
    _ tables: [TableReport], jobs: Int, error: SyncError?, spill: SpillReport?, notices: [String]
  ) -> SyncReport {
    let tables = judged(error == nil ? tables : tables.map { $0.explainingStop })
    var totals = RowCounts.zero
    for table in tables { totals += table.counts }
    return SyncReport(
      runID: run.id, outcome: SyncReport.Outcome(tables), flow: plan.flow, mode: settings.mode(of: plan).rawValue,
      isDryRun: goal == .compareOnly, isAtomic: isAtomic, jobs: jobs, chunkBytes: settings.chunkBytes,
      bufferBytes: settings.bufferBytes, copyFormat: settings.copyFormat, keyCache: settings.keyCache, tables: tables,
      totals: totals, bytes: tables.map(\.bytes).reduce(0, +), seconds: start.duration(to: .now).seconds,
      roundTrips: RoundTripReport(),
      peakMemory: ProcessMemory.peak, spill: spill, error: error.map { "\($0)" },
      errorSummary: error?.messageWithoutValues,
      notices: plan.notices + dryRunNotice + notices + (spill?.notices ?? []), warnings: plan.warnings)
  }

  /// With what is to be said of their counts.
  private func judged(_ tables: [TableReport]) -> [TableReport] {
    let plans = Dictionary(plan.tables.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    return tables.map { report in
      guard let plan = plans[report.table] else { return report }
      var report = report
      report.warnings += report.findings(
        ours: plan.origin?.ours, past: plan.readsChangesOnly ? TablePast() : plan.past,
        deletes: plan.deletes != nil, hasScope: plan.deletes?.scope != nil,
        lookedUpKeys: plan.lookedUpKeys.map(\.name.name))
      report.notices += [report.outsideScope(of: plan.deletes)].compactMap(\.self)
      if report.counts.targetOnly == nil, !plan.readsChangesOnly,
        report.status == .success || report.status == .partial
      {
        report.notices.append(
          "rows of ours that stand on the target only were not counted: values had to be left out of the comparison, or "
            + "rows came and went while it was made")
      }
      return report
    }
  }

  private var pruneDeleted: [SQL] {
    guard goal != .compareOnly, plan.tables.contains(where: { $0.deletes != nil }) else { return [] }
    return [DeleteSQL.prune(flow: plan.flow, keeping: settings.keptDeleted)]
  }

  private var dryRunNotice: [String] {
    guard goal == .compareOnly else { return [] }
    return ["a dry run does not try the target's own constraints and triggers: a sync may find rows that they refuse"]
  }
}

extension RunRecord {
  /// The statements that close the run's entry, and those of the tables that it did not reach or could not plan: their
  /// last status in the users' table would look like this run's.
  ///
  /// - Parameter writesStatus: `false` when the users' table has refused it.
  package func closing(_ report: SyncReport, isCancelled: Bool, writesStatus: Bool = true) -> [SQL] {
    let record = TableRecord(plan: plan, run: run, goal: goal, writesStatus: writesStatus)
    let held = Set(plan.held.map(\.label))
    let unreached = report.tables.filter { $0.status == .stopped || held.contains($0.table) }
      .flatMap { record.statements($0) }
    return [SQL.beginWriting] + unreached + [report.finish(run, isCancelled: isCancelled)]
      + [HistorySQL.prune(flow: plan.flow, keeping: settings.keptRuns)] + pruneDeleted + ["COMMIT"]
  }
}

extension TableReport {
  private static let unreached = "the run ended before it was merged"

  fileprivate var explainingStop: TableReport {
    guard status == .stopped else { return self }
    var report = self
    report.forgetWrites()
    report.fail(error ?? Self.unreached, summary: errorSummary ?? Self.unreached)
    return report
  }
}

extension SyncReport {
  fileprivate func finish(_ run: RunIdentity, isCancelled: Bool) -> SQL {
    let tableError = tables.first { $0.status == .failed }.flatMap { table in
      table.errorSummary.map { "\(table.table): \($0)" }
    }
    return HistorySQL.finish(
      run, status: isCancelled ? "cancelled" : outcome.rawValue, totals: totals, bytes: bytes, seconds: seconds,
      error: errorSummary ?? tableError)
  }
}
