import Postgres

/// What a run does between its snapshot and its end.
extension Sync {
  /// The way of the rows: source, stage, delta, target.
  func move(
    _ whole: SyncPlan, run: RunIdentity, house: HouseFacts, stages: StageLedger, lock: RunLock, lanes: Lanes,
    source: Connection?,
    spill: Spill?, care: SpillCare, reports: ReportLedger, log: RunLog
  ) async throws {
    var laneCount = LaneCount(
      wanted: configuration.settings.jobs,
      planned: whole.lanes(of: configuration.settings.jobs, readsSource: source != nil))
    reports.note(laneCount)
    let ledger = ExtractionLedger(plan: whole)
    let (readers, failures) = try await open(source, for: whole, readers: lanes.sources, reports: reports, log: log)
    let plan = whole.leavingOut(failures)
    for (table, error) in failures { ledger.giveUp(table, error) }
    await spill?.chunks.leaveOut(Set(failures.keys))
    let targets = lanes.targets
    let retry = RetryPolicy(retries: configuration.settings.retries)
    do {
      // All readers take their locks now, before anybody queues for a stronger one.
      let asked = min(laneCount.count, plan.tables.map(\.chunks.count).reduce(0, +))
      await targets.setUp { try await lock.adopt($0) }
      async let opening = opened(asked, of: .target, retry) { try await targets.open($0) }
      if let readers {
        laneCount.note(
          try await opened(asked, of: .source, retry) { try await readers.open($0) }, of: asked, from: .source)
      }
      // Rows that go over the disk, or may have to, go through the stage, and all of them.
      let goesStraight =
        configuration.settings.spill.mode == .never && !options.resumes && !options.isDryRun && !options.isAtomic
      let empty = goesStraight ? try await DirectLoad.emptyTables(of: plan, on: lock.holder) : []
      let direct = empty.filter { failures[$0] == nil && plan.table($0)?.direct.reasonForStage == nil }
      laneCount.note(try await opening, of: asked, from: .target)
      reports.note(laneCount)
      let settings = laneCount.applied(to: configuration.settings)
      await readers?.shrink(to: laneCount.count)
      await targets.shrink(to: laneCount.count)
      @Sendable func reading(_ spill: Spill) -> SpillReading? {
        // Where a table is missing, the spill is not complete, and cannot be taken up again.
        readers.map {
          SpillReading(
            plan: whole, settings: settings, retry: retry, source: $0, spill: spill, reports: reports,
            observer: observer, log: log)
        }
      }
      var route = spill.map { SpillSwitch($0, reading($0)) }
      if settings.spill.mode == .auto, let source, route == nil {
        let chunks = SpillQueue(reading: plan)
        let holder = await lock.holder
        route = SpillSwitch(chunks, rule: settings.spill.rule, lanes: min(asked, settings.jobs)) { because in
          let spill = try await care.open(for: plan, chunks: chunks, because: because, source: source, target: holder)
          return (spill, reading(spill))
        }
      }
      // What lies on the disk is loaded as it was read.
      let keyCache =
        settings.keyCache == .off || settings.spill.mode != .never || options.resumes
        ? nil
        : KeyCache(tables: plan.tables.map(\.target), limits: settings.keyCacheLimits, log: log) {
          try await lock.holder.batch($0)
        }
      let merge = MergePhase(
        plan: plan, settings: settings, retry: retry, run: run, house: house, stages: stages, lock: lock,
        isDryRun: options.isDryRun,
        isAtomic: options.isAtomic, extracted: ledger, targets: targets, reports: reports, deltas: DeltaLedger(),
        keyCache: keyCache, observer: observer, log: log,
        planAgain: { [configuration] in
          try await Planner(configuration, checksHouse: false).plan(whole.sourceFacts, target: $0)
        })
      var rest = DigestPhase.Rest(plan: plan)
      if let readers, goesStraight {
        rest = try await DigestPhase(
          plan: plan, settings: settings, source: readers, merge: merge, ledger: ledger, empty: empty
        ).run()
      }
      // Most runs need few stages, a first load none.
      let staged = plan.tables.map(\.target).filter { !direct.contains($0) && !rest.landed.contains($0) }
      try await retry.run(beforeRetry: { _, _ in }) { try await merge.makeStages(for: staged.compactMap(plan.table)) }
      let extraction = Extraction(
        plan: rest.plan, settings: settings, retry: retry, source: readers, targets: targets, spill: route,
        ledger: ledger, keyCache: keyCache, reports: reports, observer: observer, log: log)
      let runner = WorkRunner(
        plan: rest.plan, lanes: settings.jobs, extraction: extraction, merge: merge, direct: direct,
        landed: rest.landed)
      try await runner.run(to: options.isDryRun || options.isAtomic ? .compare : .merge)
      if options.isAtomic && !options.isDryRun { try await merge.mergeTogether() }
      await lanes.close()
    } catch {
      await lanes.close()
      throw error
    }
  }

  /// Opens the connections of an end's lanes, or as many of them as it gives.
  ///
  /// Throws: ``SyncError`` where it gives none.
  private func opened(
    _ count: Int, of end: EndName, _ retry: RetryPolicy,
    _ open: @Sendable (Int) async throws -> ConnectionPool.Opened
  ) async throws -> ConnectionPool.Opened {
    do {
      return try await retry.run(beforeRetry: { _, _ in }) { try await open(count) }
    } catch let error as PostgresError where error.kind == .cannotConnect || error.kind == .connectionLost {
      throw LaneCount.none(from: end, error)
    }
  }

  /// Takes the source's locks and its snapshot, where there is a source. Returns why some tables cannot be read.
  private func open(
    _ source: Connection?, for plan: SyncPlan, readers: ConnectionPool?, reports: ReportLedger, log: RunLog
  ) async throws -> (OpenSource?, [QualifiedName: SyncError]) {
    guard let source, let readers else { return (nil, [:]) }
    let snapshot = try await SourceSnapshot.take(
      for: plan, owner: source, retry: RetryPolicy(retries: configuration.settings.retries), log: log)
    if let waits = snapshot.lockWaits { reports.note(waits) }
    log.snapshotTaken(snapshot, tables: plan.tables.count - snapshot.failures.count)
    await readers.setUp { try await snapshot.adopt($0) }
    return (OpenSource(snapshot: snapshot, readers: readers), snapshot.failures)
  }
}
