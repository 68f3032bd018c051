import FoundationEssentials
import Logging
import Postgres

/// One run: brings the target level with the source.
///
///     let configuration = try ConfigurationFile.read(path: "pgtide.yaml", environment: environment)
///     let report = try await Sync(configuration).run()
///
/// A table that fails does not end the run, and neither does what goes wrong after the first row: the report tells.
/// Cancelling the task cancels the statements on both servers, rolls open transactions back, and empties the stages.
public struct Sync: Sendable {
  /// What a run may do.
  public struct Options: Sendable {
    /// Stop after the counted delta; write to the schema `pgtide` only.
    public var isDryRun: Bool
    /// Merge all tables in one transaction.
    public var isAtomic: Bool
    /// Where to write the rejects as JSON lines.
    public var rejectsFile: String?
    /// How long to wait for another run of the same flow to end.
    public var wait: Duration
    /// Load the rows that an earlier run has spilled, and read none from the source.
    public var resumes: Bool
    /// Receives every statement, for `--debug`.
    public var tracer: StatementTracer?
    /// Receives the run's decisions; docs/operations.md lists them. At level `trace` every statement, too.
    public var logger: Logger

    public init(
      isDryRun: Bool = false, isAtomic: Bool = false, rejectsFile: String? = nil, wait: Duration = .zero,
      resumes: Bool = false, tracer: StatementTracer? = nil,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.isDryRun = isDryRun
      self.isAtomic = isAtomic
      self.rejectsFile = rejectsFile
      self.wait = wait
      self.resumes = resumes
      self.tracer = tracer
      self.logger = logger
    }
  }

  private let configuration: SyncConfiguration
  private let options: Options
  private let sessions: Sessions
  private let observer: SyncObserver
  private let log: RunLog

  public init(
    _ configuration: SyncConfiguration, options: Options = Options(), observer: @escaping SyncObserver = { _ in }
  ) {
    self.configuration = configuration
    self.options = options
    log = RunLog(options.logger, flow: configuration.flow)
    sessions = Sessions(
      configuration: configuration, tracers: [options.tracer, log.tracer].compactMap(\.self),
      stallWatch: StallWatch(limit: configuration.settings.stallTimeout))
    self.observer = observer
  }

  /// Plans without writing anything.
  ///
  /// Throws: ``PlanRefusal``, ``PostgresError``, `CancellationError`.
  public func plan() async throws -> SyncPlan {
    try await sessions.withBothEnds { source, target in
      try await plan(source: source, target: target)
    }
  }

  private func plan(source: Connection, target: Connection, checksHouse: Bool = true) async throws -> SyncPlan {
    let warnings = try await [
      LinkWarning(end: "source", link: source.link()), LinkWarning(end: "target", link: target.link()),
    ].compactMap(\.self)
    for warning in warnings { log.linkNotSecured(warning) }
    var plan = try await Planner(configuration, checksHouse: checksHouse).plan(source: source, target: target)
    plan.notices += warnings.map(\.text)
    log.planned(plan)
    return plan
  }

  /// Creates the schema `pgtide` and the users' status table, with a row for each table of the configuration.
  /// Returns the statements; with `isPrintOnly` they are not run.
  public func initializeMetadata(isPrintOnly: Bool) async throws -> [String] {
    try await sessions.withBothEnds { source, target in
      // What is printed is for somebody who may do what the session's user may not.
      let plan = try await plan(source: source, target: target, checksHouse: !isPrintOnly)
      let statements = House(plan: plan).initialization
      if !isPrintOnly { try await target.batch(["BEGIN"] + statements + ["COMMIT"]) }
      return statements.map(\.script)
    }
  }

  /// Throws: ``PlanRefusal``, ``ResumeRefusal``, ``RunInProgress`` or ``PostgresError`` when no run could begin;
  /// ``SyncError`` when its rejects file or its spill cannot be written; `CancellationError`, before which the observer
  /// gets the report of what has landed.
  public func run() async throws -> SyncReport {
    try await RoundTrips.$current.withValue(RoundTrips()) { try await countedRun() }
  }

  private func countedRun() async throws -> SyncReport {
    let start = ContinuousClock.now
    let rejectsFile = try options.rejectsFile.map(RejectsFile.create)
    defer { rejectsFile?.close() }
    if options.resumes {
      return try await sessions.withTarget { target in
        try await locking(target) { try await run(source: nil, lock: $0, rejectsFile: rejectsFile, since: start) }
      }
    }
    if configuration.settings.spill.mode == .always { try SpillDirectory.prepare(spillBase) }
    return try await sessions.withBothEnds { source, target in
      try await locking(target) { try await run(source: source, lock: $0, rejectsFile: rejectsFile, since: start) }
    }
  }

  private func locking<R: Sendable>(_ target: Connection, _ body: (RunLock) async throws -> R) async throws -> R {
    let lock = RunLock(flow: configuration.flow, holder: target) {
      try await Connection.open(sessions.target("lock"))
    }
    let result = await Result.of { try await body(lock) }
    await lock.close()
    return try result.get()
  }

  /// Where the directories of spills stand.
  private var spillBase: String {
    let environment = ProcessInfo.processInfo.environment
    return configuration.settings.spill.directory ?? SpillSettings.standardDirectory(environment: environment)
      ?? FileManager.default.temporaryDirectory.appending(path: "pgtide-spill").path
  }

  /// - Parameter source: `nil` to take up the spill of an earlier run.
  private func run(
    source: Connection?, lock: RunLock, rejectsFile: RejectsFile?, since start: ContinuousClock.Instant
  ) async throws -> SyncReport {
    let lanes = Lanes(sessions: sessions, readsSource: source != nil)
    let result = await Result.of {
      try await run(in: lanes, source: source, lock: lock, rejectsFile: rejectsFile, since: start)
    }
    await lanes.close()
    return try result.get()
  }

  private func run(
    in lanes: Lanes, source: Connection?, lock: RunLock, rejectsFile: RejectsFile?, since start: ContinuousClock.Instant
  ) async throws -> SyncReport {
    // Beside the plan, because it takes as many waits.
    let count = min(configuration.settings.jobs, configuration.tables.count)
    let target = await lock.holder
    async let connecting: Void = lanes.connect(count, beside: source, target)
    var resumed: ResumedSpill?
    let plan: SyncPlan
    if let source {
      plan = try await planUnderLock(lock, source: source)
    } else {
      let spill = try await spillUnderLock(lock)
      (resumed, plan) = (spill, spill.plan)
    }
    observer(.planned(plan.tables.map { ($0.label, $0.source.estimatedRows, $0.estimatedBytes) }))
    let house = House(plan: plan)
    try await house.found(on: lock.holder)
    let beginning = try await lock.begin(mode: mode, settings: try RunSettingsRecord(configuration.settings).json)
    let log = log.of(beginning.run)
    log.runBegun(mode: mode, jobs: configuration.settings.jobs, endedSessions: beginning.endedSessions)
    let record = RunRecord(
      plan: plan, run: beginning.run, options: options, settings: configuration.settings, start: start)
    let reports = ReportLedger(plan: plan)
    var notices = beginning.notices
    var failure: (any Error)?
    let care = SpillCare(
      base: spillBase, flow: plan.flow, run: beginning.run, settings: configuration.settings.spill, resumed: resumed)
    do {
      notices += try await care.lookAround(on: lock.holder)
      try await house.prepare(on: lock.holder, facts: beginning.house, writesMetadata: !options.isDryRun)
      let spill = try await care.open(for: plan, source: source, target: lock.holder)
      await connecting
      try await move(
        plan, run: beginning.run, house: beginning.house, lock: lock, lanes: lanes, source: source, spill: spill,
        care: care, reports: reports, log: log)
      if let notice = try await rejectsFile?.write(beginning.run, from: lock.holder) { notices.append(notice) }
    } catch {
      failure = error
    }
    let isCancelled = failure is CancellationError
    let error = failure.map { isCancelled ? SyncError.stopped : SyncError.ended(by: $0) }
    let (spilled, remarks) = await care.end(
      hasLanded: failure == nil && SyncReport.Outcome(reports.all).hasLanded, isDryRun: options.isDryRun)
    let report = record.report(reports.all, error: error, spill: spilled, notices: notices + remarks)
    notices = await leave(house, lock: lock, closing: record.closing(report, isCancelled: isCancelled))
    var complete = report
    complete.notices += notices
    complete.roundTrips = RoundTripReport(RoundTrips.current)
    log.runFinished(complete, failure: failure)
    if isCancelled {
      observer(.stopped(complete))
      throw CancellationError()
    }
    return complete
  }

  /// The spill of an earlier run, found and checked when no other run can be at it.
  private func spillUnderLock(_ lock: RunLock) async throws -> ResumedSpill {
    try await takeLock(lock)
    let spill = try await ResumedSpill.find(in: spillBase, for: configuration, on: lock.holder)
    log.planned(spill.plan)
    return spill
  }

  /// The plan, made again if another run was waited for, which may have changed what it rests on.
  private func planUnderLock(_ lock: RunLock, source: Connection) async throws -> SyncPlan {
    let plan = try await plan(source: source, target: lock.holder)
    let hasWaited = try await takeLock(lock)
    return hasWaited ? try await self.plan(source: source, target: lock.holder) : plan
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
  private func leave(_ house: House, lock: RunLock, closing: [SQL]) async -> [String] {
    // Both in one message, which is all where nothing is wrong.
    let facts = HouseSQL.facts(metadata: nil)
    if let answers = try? await lock.holder.batch([facts] + closing, deadline: .seconds(10)) {
      await house.leave(on: lock.holder, facts: HouseFacts(answers[0]))
      return []
    }
    await lock.holder.rollBack()
    // With the lock lost, the stages may be another run's. Not the run's own task, which may be cancelled.
    let regained = await Task { try await lock.regain() }.result
    if case .failure(let error) = regained {
      return ["the stages were not emptied and the history not closed; the next run does both: \(error)"]
    }
    let holder = await lock.holder
    await house.leave(on: holder)
    do {
      try await holder.batch(closing, deadline: .seconds(10))
      return []
    } catch {
      return ["the run's entry in the history was not closed; the next run does that: \(error)"]
    }
  }

  private var mode: String {
    "full" + (options.isDryRun ? ", dry run" : options.isAtomic ? ", atomic" : "")
      + (options.resumes ? ", resumed" : "")
  }

  /// The way of the rows: source, stage, delta, target.
  private func move(
    _ plan: SyncPlan, run: RunIdentity, house: HouseFacts, lock: RunLock, lanes: Lanes, source: Connection?,
    spill: Spill?, care: SpillCare, reports: ReportLedger, log: RunLog
  ) async throws {
    let readers: OpenSource? =
      if let source, let pool = lanes.sources { try await open(source, for: plan, readers: pool, log: log) } else {
        nil
      }
    let targets = lanes.targets
    let settings = configuration.settings
    let retry = RetryPolicy(retries: settings.retries)
    do {
      // All readers take their locks now, before anybody queues for a stronger one.
      let laneCount = min(settings.jobs, plan.tables.map(\.chunks.count).reduce(0, +))
      await targets.setUp { try await lock.adopt($0) }
      async let opening: Void = targets.open(laneCount)
      try await readers?.open(laneCount)
      // Rows that go over the disk, or may have to, go through the stage, and all of them.
      let goesStraight =
        settings.spill.mode == .never && !options.resumes && !options.isDryRun && !options.isAtomic
      let empty = goesStraight ? try await DirectLoad.emptyTables(of: plan, on: lock.holder) : []
      let direct = empty.filter { plan.table($0)?.direct.reasonForStage == nil }
      try await opening
      let ledger = ExtractionLedger(plan: plan)
      @Sendable func reading(_ spill: Spill) -> SpillReading? {
        readers.map {
          SpillReading(
            plan: plan, settings: settings, retry: retry, source: $0, spill: spill, reports: reports,
            observer: observer, log: log)
        }
      }
      var route = spill.map { SpillSwitch($0, reading($0)) }
      if settings.spill.mode == .auto, let source, route == nil {
        let chunks = SpillQueue(reading: plan)
        let holder = await lock.holder
        route = SpillSwitch(chunks, lanes: laneCount) { because in
          let spill = try await care.open(for: plan, chunks: chunks, because: because, source: source, target: holder)
          return (spill, reading(spill))
        }
      }
      // What lies on the disk is loaded as it was read.
      let keyCache =
        settings.keyCache == .off || settings.spill.mode != .never || options.resumes
        ? nil
        : KeyCache(plan: plan, limits: settings.keyCacheLimits, log: log) { try await lock.holder.batch($0) }
      let merge = MergePhase(
        plan: plan, settings: settings, retry: retry, run: run, house: house, lock: lock, isDryRun: options.isDryRun,
        isAtomic: options.isAtomic, extracted: ledger, targets: targets, reports: reports, deltas: DeltaLedger(),
        keyCache: keyCache, observer: observer, log: log)
      var rest = DigestPhase.Rest(plan: plan)
      if let readers, goesStraight {
        rest = try await DigestPhase(
          plan: plan, settings: settings, source: readers, merge: merge, ledger: ledger, empty: empty
        ).run()
      }
      // Most runs need few stages, a first load none.
      let staged = plan.tables.map(\.target).filter { !direct.contains($0) && !rest.landed.contains($0) }
      try await merge.makeStages(for: staged.compactMap(plan.table))
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

  /// Takes the source's locks and its snapshot.
  private func open(
    _ source: Connection, for plan: SyncPlan, readers: ConnectionPool, log: RunLog
  ) async throws -> OpenSource {
    let snapshot = try await SourceSnapshot.take(for: plan, owner: source)
    log.snapshotTaken(snapshot, tables: plan.tables.count)
    await readers.setUp { try await $0.batch(snapshot.adopt) }
    return OpenSource(snapshot: snapshot, readers: readers)
  }
}

extension Result where Failure == any Error {
  static func of(_ body: () async throws -> Success) async -> Result {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}

extension RunLock.Beginning {
  fileprivate var notices: [String] {
    guard endedSessions > 0 else { return [] }
    let sessions = endedSessions == 1 ? "1 session" : "\(endedSessions) sessions"
    return ["\(sessions) of an earlier run that had lost its lock had to be ended"]
  }
}
