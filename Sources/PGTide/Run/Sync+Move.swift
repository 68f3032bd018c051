import Postgres

/// What a run does between its snapshot and its end.
extension Sync {
  /// The way of the rows: source, stage, delta, target.
  func move(
    _ begun: RunContext, workers: Workers, source: Connection?, spill: RunSpill
  ) async throws {
    let (lock, targets) = (begun.lock, begun.targets)
    let whole = try await seeing(begun, source: source)
    var context = begun
    context.plan = whole
    context.keepsSource = options.proves
    let retry = begun.retry
    var workerCount = WorkerCount(
      wanted: context.settings.jobs, planned: whole.workers(of: context.settings.jobs, readsSource: source != nil))
    context.reports.note(workerCount)
    let ledger = ExtractionLedger(plan: whole)
    let (readers, failures) = try await open(source, for: context, readers: workers.sources)
    context.plan = whole.leavingOut(failures)
    for (table, error) in failures { ledger.giveUp(table, error) }
    let route = await spill.route(from: readers, in: begun, leavingOut: Set(failures.keys))
    do {
      // All readers take their locks now, before anybody queues for a stronger one.
      let asked = min(workerCount.count, context.plan.tables.map(\.chunks.count).reduce(0, +))
      await targets.setUp { try await lock.adopt($0) }
      async let opening = opened(asked, of: .target, retry) { try await targets.open($0) }
      if let readers {
        workerCount.note(
          try await opened(asked, of: .source, retry) { try await readers.open($0) }, of: asked, from: .source)
      }
      let goesStraight = route.isStraight && context.goal == .landEach
      let empty = goesStraight ? try await DirectLoad.emptyTables(of: context.plan, on: lock.holder) : []
      let direct = empty.filter { failures[$0] == nil && context.plan.table($0)?.direct.reasonForStage == nil }
      workerCount.note(try await opening, of: asked, from: .target)
      context.reports.note(workerCount)
      context.settings = workerCount.applied(to: context.settings)
      await readers?.shrink(to: workerCount.count)
      await targets.shrink(to: workerCount.count)
      let keyCache = route.isStraight ? KeyCache(context) : nil
      let sourceFacts = context.plan.sourceFacts
      var merge = MergePhase(
        context: context, extracted: ledger, deltas: DeltaLedger(), keyCache: keyCache,
        planAgain: { [configuration] in
          try await Planner(configuration, checksPrivateSchema: false).plan(sourceFacts, target: $0)
        })
      var landed: Set<QualifiedName> = []
      if let readers, goesStraight {
        let rest = try await DigestPhase(context: context, source: readers, merge: merge, ledger: ledger, empty: empty)
          .run()
        (context.plan, landed) = (rest.plan, rest.landed)
        merge.context = context
      }
      // Most runs need few stages, a first load none.
      let staged = context.plan.tables.filter { !direct.contains($0.target) && !landed.contains($0.target) }
      try await context.retryingSilently { [merge] in try await merge.makeStages(for: staged) }
      let extraction = Extraction(context: context, source: readers, route: route, ledger: ledger, keyCache: keyCache)
      try await WorkRunner(context, extraction: extraction, merge: merge, direct: direct, landed: landed).run()
      if context.goal == .landTogether { try await merge.mergeTogether() }
      if context.goal == .landEach { try await merge.deleteRest() }
      if options.proves, let readers {
        try await prove(whole.readingAll, in: context, leavingOut: Set(failures.keys), reading: readers)
        await extraction.releaseSource()
      }
      await workers.close()
    } catch {
      await workers.close()
      throw error
    }
  }

  /// The plan, with how far the snapshot that is about to be taken will see, where the next run is to be told.
  private func seeing(_ context: RunContext, source: Connection?) async throws -> SyncPlan {
    guard let source, context.goal != .compareOnly, context.plan.asksForChanges else { return context.plan }
    let horizon: ChangeHorizon
    do {
      horizon = try await source.ask(ChangeSQL.horizon)
    } catch let error as PostgresError where error.kind == .statement {
      horizon = .unknown("the source does not say which transactions are open: \(error.message)")
    }
    return context.plan.seeing(horizon)
  }

  /// Opens the connections of an end's workers, or as many of them as it gives.
  ///
  /// Throws: ``SyncError`` where it gives none.
  private func opened(
    _ count: Int, of end: EndName, _ retry: RetryPolicy,
    _ open: @Sendable (Int) async throws -> ConnectionPool.Opened
  ) async throws -> ConnectionPool.Opened {
    do {
      return try await retry.run(beforeRetry: { _, _ in }) { try await open(count) }
    } catch let error as PostgresError where error.kind == .cannotConnect || error.kind == .connectionLost {
      throw WorkerCount.none(from: end, error)
    }
  }

  /// Takes the source's locks and its snapshot, where there is a source. Returns why some tables cannot be read.
  private func open(
    _ source: Connection?, for context: RunContext, readers: ConnectionPool?
  ) async throws -> (OpenSource?, [QualifiedName: SyncError]) {
    guard let source, let readers else { return (nil, [:]) }
    let snapshot = try await SourceSnapshot.take(
      for: context.plan, owner: source, retry: context.retry, log: context.log)
    if let waits = snapshot.lockWaits { context.reports.note(waits) }
    let unexpected = try await snapshot.unexpected(of: context.plan.tables)
    context.log.snapshotTaken(snapshot, tables: context.plan.tables.count - snapshot.failures.count)
    await readers.setUp { try await snapshot.adopt($0) }
    return (
      OpenSource(snapshot: snapshot, readers: readers), snapshot.failures.merging(unexpected) { first, _ in first }
    )
  }
}
