import Postgres

/// A run from its lock to its report.
extension Sync {
  func countedRun() async throws -> SyncReport {
    let start = ContinuousClock.now
    let rejectsFile = try options.rejectsFile.map(RejectsFile.create)
    defer { rejectsFile?.close() }
    let spill = RunSpill(configuration)
    if options.resumes {
      return try await sessions.withTarget { target in
        try await locking(target) { try await run(nil, spill, lock: $0, rejectsFile: rejectsFile, since: start) }
      }
    }
    try spill.check()
    return try await sessions.withBothEnds(notBegun: { await note($1, on: $0) }) { source, target in
      try await locking(target) { try await run(source, spill, lock: $0, rejectsFile: rejectsFile, since: start) }
    }
  }

  private func locking<R: Sendable>(_ target: Connection, _ body: (RunLock) async throws -> R) async throws -> R {
    try await sessions.withFlowLock(on: target) { lock in
      do {
        return try await body(lock)
      } catch {
        // What goes wrong once the run has begun stands in its report.
        await note(error, on: lock.holder)
        throw error
      }
    }
  }

  /// Writes down that the run did not begin. One that only tries leaves nothing.
  private func note(_ error: any Error, on target: Connection) async {
    guard !options.isDryRun else { return }
    await UnbegunRun(error, configuration: configuration, mode: mode(of: nil))?.note(on: target)
  }

  /// - Parameter source: `nil` to take up the spill of an earlier run.
  private func run(
    _ source: Connection?, _ spill: RunSpill, lock: RunLock, rejectsFile: RejectsFile?,
    since start: ContinuousClock.Instant
  ) async throws -> SyncReport {
    let workers = Workers(sessions: sessions, readsSource: source != nil)
    let result = await Result.of {
      try await run(in: workers, source, spill, lock: lock, rejectsFile: rejectsFile, since: start)
    }
    await workers.close()
    return try result.get()
  }

  private func run(
    in workers: Workers, _ source: Connection?, _ spill: RunSpill, lock: RunLock, rejectsFile: RejectsFile?,
    since start: ContinuousClock.Instant
  ) async throws -> SyncReport {
    // Beside the plan, because it takes as many waits.
    let count = min(configuration.settings.jobs, configuration.tables.count)
    let target = await lock.holder
    async let connecting: Void = workers.connect(count, beside: source, target)
    let (plan, beginning) =
      if let source { try await begin(lock, reading: source) } else { try await begin(lock, resuming: spill) }
    observer(
      .planned(
        plan.tables.map { ($0.label, $0.readsChangesOnly ? nil : $0.source.estimatedRows, $0.estimatedBytes) }))
    let privateSchema = PrivateSchema(plan: plan)
    let log = log.of(beginning.run)
    log.runBegun(mode: mode(of: plan), jobs: configuration.settings.jobs, endedSessions: beginning.endedSessions)
    let context = RunContext(
      plan: plan, settings: configuration.settings, run: beginning.run, goal: options.goal,
      privateSchema: beginning.privateSchema,
      stages: StageLedger(), lock: lock, targets: workers.targets, reports: ReportLedger(plan: plan),
      observer: observer,
      log: log)
    let record = RunRecord(
      plan: plan, run: beginning.run, goal: context.goal, isAtomic: options.isAtomic, settings: context.settings,
      start: start)
    let reports = context.reports
    for held in plan.held {
      log.held(held)
      observer(.finished(held.report))
    }
    var notices = beginning.notices
    var failure: (any Error)?
    do {
      try await spill.begin(beginning.run, plan, source: source, target: lock.holder)
      try await privateSchema.prepare(
        on: lock.holder, facts: beginning.privateSchema, writesMetadata: !options.isDryRun,
        leavesSmall: !beginning.followsDeadRun)
      if !options.isDryRun { try await rename(plan, on: lock.holder) }
      await connecting
      try await move(context, workers: workers, source: source, spill: spill)
      if rejectsFile != nil, await !lock.holder.isUsable { try? await lock.regain() }
      if let notice = try await rejectsFile?.write(beginning.run, from: lock.holder) { notices.append(notice) }
    } catch {
      failure = error
    }
    let isCancelled = failure is CancellationError
    let error = failure.map { isCancelled ? SyncError.stopped : SyncError.ended(by: $0) }
    let (spilled, remarks) = await spill.end(
      hasLanded: failure == nil && SyncReport.Outcome(reports.all).hasLanded, isDryRun: options.isDryRun)
    let workersUsed = reports.workerCount
    let report = record.report(
      reports.all, jobs: workersUsed?.count ?? configuration.settings.jobs, error: error, spill: spilled,
      notices: notices + reports.notices + (workersUsed?.notices ?? []) + remarks)
    notices = await leave(privateSchema, context.stages, lock: lock) {
      record.closing(report, isCancelled: isCancelled, writesStatus: $0)
    }
    var complete = report
    complete.notices += notices
    complete.proof = reports.proof
    complete.roundTrips = RoundTripReport(RoundTrips.current)
    log.warned(complete)
    log.runFinished(complete, failure: failure)
    if isCancelled {
      observer(.stopped(complete))
      throw CancellationError()
    }
    return complete
  }

  /// What is known of tables that the configuration writes in another way by now goes on under that name.
  private func rename(_ plan: SyncPlan, on target: Connection) async throws {
    let statements = plan.tables.compactMap(RenamedTableSQL.init).flatMap(\.statements)
    if !statements.isEmpty { try await target.batch(["BEGIN"] + statements + ["COMMIT"]) }
  }

  /// Takes up the spill of an earlier run, found and checked when no other run can be at it.
  private func begin(_ lock: RunLock, resuming spill: RunSpill) async throws -> (SyncPlan, RunLock.Beginning) {
    try await takeLock(lock)
    let plan = try await spill.resume(configuration, on: lock.holder).keepingLeftovers
    try checkAtomic(plan)
    log.planned(plan)
    return (plan, try await begin(lock, plan))
  }

  /// Throws where the tables of the plan cannot land together, and are to.
  private func checkAtomic(_ plan: SyncPlan) throws {
    guard options.isAtomic else { return }
    if case .lock(let error) = plan.held.first?.reason { throw error }
    let problems = plan.lookupsOfOneTransaction + plan.pairsOfOneTransaction
    guard problems.isEmpty else { throw PlanRefusal(problems: problems) }
  }

  /// Plans, takes the lock, and enters the run: the last two in one message, where no other run has the lock and the
  /// history is there. The plan is made again if another run was waited for, which may have changed what it rests on.
  private func begin(_ lock: RunLock, reading source: Connection) async throws -> (SyncPlan, RunLock.Beginning) {
    let plan = try await planned(source, lock)
    if PrivateSchema(plan: plan).isFounded,
      let beginning = try await lock.takeAndBegin(mode: mode(of: plan), settings: configuration.settings.record)
    {
      log.lockTaken()
      return (plan, beginning)
    }
    let hasWaited = try await takeLock(lock)
    let latest = hasWaited ? try await planned(source, lock) : plan
    return (latest, try await begin(lock, latest))
  }

  /// Throws also where tables cannot be planned, and all are to land together.
  private func planned(_ source: Connection, _ lock: RunLock) async throws -> SyncPlan {
    let plan = try await plan(source: source, target: lock.holder)
    try checkAtomic(plan)
    return plan
  }

  private func begin(_ lock: RunLock, _ plan: SyncPlan) async throws -> RunLock.Beginning {
    // Whoever is making the same has to be waited for, or has just made it.
    try await RetryPolicy(retries: configuration.settings.retries).run(
      isPassing: { $0.serverError.map { $0.kind == .statement && ($0.isPassing || $0.isAboutExistence) } ?? false },
      beforeRetry: { _, _ in }
    ) { try await PrivateSchema(plan: plan).found(on: lock.holder) }
    return try await lock.begin(mode: mode(of: plan), settings: configuration.settings.record)
  }

  @discardableResult
  private func takeLock(_ lock: RunLock) async throws -> Bool {
    let hasWaited = try await lock.take(waiting: options.wait) { other in
      observer(.waiting(other))
      log.lockAwaited(other)
    }
    log.lockTaken()
    return hasWaited
  }

  /// Empties the stages and closes the run's entry in the history, also in a cancelled task. Returns what the user has
  /// to know of it.
  ///
  /// - Parameter closing: the statements that close it, with the users' status table or without.
  private func leave(
    _ privateSchema: PrivateSchema, _ stages: StageLedger, lock: RunLock, closing: (_ writesStatus: Bool) -> [SQL]
  ) async -> [String] {
    // Both in one message, which is all where nothing is wrong.
    let question = Question.all(PrivateSchemaSQL.facts(metadata: nil), .running(closing(true)))
    if let (facts, _) = try? await lock.holder.ask(question, deadline: .seconds(10)) {
      await privateSchema.leave(on: lock.holder, facts: facts, stages: stages)
      return []
    }
    await lock.holder.rollBack()
    // With the lock lost, the stages may be another run's. Not the run's own task, which may be cancelled.
    let regained = await Task { try await lock.regain() }.result
    if case .failure(let error) = regained {
      return ["the stages were not emptied and the history not closed; the next run does both: \(error)"]
    }
    let holder = await lock.holder
    await privateSchema.leave(on: holder, stages: stages)
    do {
      do {
        try await holder.batch(closing(true), deadline: .seconds(10))
        return []
      } catch let error as PostgresError where error.kind == .statement {
        try await holder.batch(closing(false), deadline: .seconds(10))
        return ["the status table could not be written at the end: \(error.inOneLine)"]
      }
    } catch {
      return ["the run's entry in the history was not closed; the next run does that: \(error)"]
    }
  }

  /// - Parameter plan: `nil` where there is none.
  private func mode(of plan: SyncPlan?) -> String {
    configuration.settings.mode(of: plan).rawValue
      + (options.isDryRun ? ", dry run" : options.isAtomic ? ", atomic" : "")
      + (options.resumes ? ", resumed" : "")
  }
}

extension RunLock.Beginning {
  fileprivate var notices: [String] {
    guard endedSessions > 0 else { return [] }
    let sessions = endedSessions == 1 ? "1 session" : "\(endedSessions) sessions"
    return ["\(sessions) of an earlier run that had lost its lock had to be ended"]
  }
}
