import Postgres

/// How groups of tables get their deltas.
extension MergePhase {
  /// What became of a group that was compared.
  enum Compared: Sendable {
    /// It may not be merged; the reports say why.
    case failed
    case compared
    /// Nothing was to be written, and that is written down.
    case landed
  }

  /// Makes a group's deltas. What became of its tables is in the reports.
  ///
  /// - Parameter mayLand: what it refers to has landed, so that nothing else has to be waited for.
  func compare(_ group: MergeGroup, mayLand: Bool) async throws -> Compared {
    let tables = group.tables.compactMap(context.plan.table)
    var hasLanded = false
    let hasWorked = try await recordingFailure(of: tables) {
      for table in tables { context.reports.take(extracted.table(table.target), of: table) }
      if let failure = group.tables.compactMap({ extracted.table($0).failure }).first {
        // What could not be staged takes room that a full disk lacks, even for the history.
        await freeStages(tables)
        throw failure
      }
      try await retrying(tables) {
        try await keyCache?.stage(tables, in: context)
        hasLanded = try await context.targets.lend {
          try await compare(
            tables, on: $0, beforeMerge: stagedParents(of: tables), mayLand: mayLand && context.goal == .landEach)
        }
      }
      try checkRejects(tables)
      try await checkDeletes(tables)
      if hasLanded { announce(tables) }
      if context.goal == .compareOnly { try await finishDryRun(tables) }
    }
    return !hasWorked ? .failed : hasLanded ? .landed : .compared
  }

  func deltaMaker(_ tables: [TablePlan], on connection: Connection, beforeMerge: [TablePlan]) -> DeltaMaker {
    let counted = tables.map(\.target).filter {
      extracted.table($0).standing != nil || context.plan.table($0)?.readsChangesOnly == true
    }
    return DeltaMaker(
      connection: connection, run: context.run, group: tables, beforeMerge: beforeMerge,
      // Otherwise it is compared when they have landed.
      looksAhead: context.goal != .landEach,
      leaving: Set(tables.flatMap(\.lookedUp)).compactMap(context.plan.table).filter(hasRest), counted: Set(counted),
      read: Dictionary(uniqueKeysWithValues: tables.map { ($0.target, extracted.table($0.target).read) })
    ) { [keyCache, context] in try await keyCache?.complete(tables, on: connection, in: context) == true }
  }

  /// What these tables refer to, or look values up in, as far as its rows go through a stage. Those of the others are on the target when
  /// somebody asks for them.
  func stagedParents(of tables: [TablePlan]) -> [TablePlan] {
    return Set(tables.flatMap(\.parents)).compactMap(context.plan.table).filter {
      !extracted.table($0.target).isLoadedDirectly
    }
  }

  /// Compares tables with the target, in a transaction of its own, so that the rejects stay whatever becomes of the
  /// merge. Returns whether it was the last one: nothing is to be written, and that is written down in it.
  ///
  /// - Parameter beforeMerge: tables of the run that have not merged yet: what is about to go into them counts as there.
  @discardableResult
  func compare(
    _ tables: [TablePlan], on connection: Connection, beforeMerge: [TablePlan], mayLand: Bool = false
  ) async throws -> Bool {
    for table in tables { context.observer(.comparing(table: table.label)) }
    let start = ContinuousClock.now
    let maker = deltaMaker(tables, on: connection, beforeMerge: beforeMerge)
    let landing = Landing(merge: self, tables: tables, writes: false)
    let isFirst = tables.allSatisfy { deltas.begin($0) }
    var hasLanded = false
    do {
      try await context.underLock { mustBeHeld in
        try await maker.make(isFirst: isFirst) { made in
          deltas.set(made)
          note(tables, since: start)
          hasLanded = mayLand && hasNothingToWrite(tables)
          guard hasLanded else { return [] }
          let records = try tables.flatMap { try landed($0, context.reports.report($0).counts, since: .now) }
          return records + landing.fence(lockMustBeHeld: mustBeHeld)
        }
      }
    } catch let error as PostgresError {
      throw SyncError(error, table: tables.count == 1 ? tables[0].target : nil, while: "compared with the target")
    } catch let error as UncertainCommit where hasLanded {
      guard try await landing.stands(error) else { throw error }
    }
    if tables.contains(where: { deltas.delta($0).rewritten > 0 }) {
      try await noteRewrites(of: tables, on: connection)
    }
    let duration = start.duration(to: .now)
    for table in tables { context.log.tableCompared(table, deltas.delta(table), took: duration) }
    return hasLanded
  }

  private func note(_ tables: [TablePlan], since start: ContinuousClock.Instant) {
    let seconds = start.duration(to: .now).seconds
    for table in tables {
      context.reports.change(table) { report in
        report.deltaSeconds += seconds / Double(tables.count)
        report.take(deltas.delta(table), of: extracted.table(table.target))
      }
    }
  }

  /// A row without a parent is judged again in the merge, and too many rejects fail the table.
  private func hasNothingToWrite(_ tables: [TablePlan]) -> Bool {
    tables.map(deltas.delta).allSatisfy { delta in
      delta.inserts + delta.updates + delta.deletes == 0 && delta.rejects[.missingParent] == nil
        && context.settings.maxRejects.map { delta.rejected <= $0 } ?? true
    }
  }

  func checkRejects(_ tables: [TablePlan]) throws {
    guard let limit = context.settings.maxRejects else { return }
    for table in tables {
      let rejected = deltas.delta(table).rejected
      guard rejected > limit else { continue }
      throw SyncError(
        table: table.target,
        message: "rejected rows: \(rejected), more than the \(limit) that --max-rejects allows",
        advice: "Look at them in pgtide.rejects (run \(context.run.id)), and correct them or raise the limit. Nothing "
          + "of the table was written")
    }
  }

  private func finishDryRun(_ tables: [TablePlan]) async throws {
    for table in tables { context.reports.change(table) { $0.status = $0.counts.rejected == 0 ? .success : .partial } }
    try await write(tables)
  }
}
