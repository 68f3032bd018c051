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
    /// Receives every statement, for `--debug`.
    public var tracer: StatementTracer?
    /// Receives the run's decisions; docs/operations.md lists them. At level `trace` every statement, too.
    public var logger: Logger

    public init(
      isDryRun: Bool = false, isAtomic: Bool = false, rejectsFile: String? = nil, wait: Duration = .zero,
      tracer: StatementTracer? = nil, logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.isDryRun = isDryRun
      self.isAtomic = isAtomic
      self.rejectsFile = rejectsFile
      self.wait = wait
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

  /// Throws: ``PlanRefusal``, ``RunInProgress`` or ``PostgresError`` when no run could begin; ``SyncError`` when its
  /// rejects file cannot be written; `CancellationError`, before which the observer gets the report of what has landed.
  public func run() async throws -> SyncReport {
    try await RoundTrips.$current.withValue(RoundTrips()) { try await countedRun() }
  }

  private func countedRun() async throws -> SyncReport {
    let start = ContinuousClock.now
    let rejectsFile = try options.rejectsFile.map(RejectsFile.create)
    defer { rejectsFile?.close() }
    return try await sessions.withBothEnds { source, target in
      let lock = RunLock(flow: configuration.flow, holder: target) {
        try await Connection.open(sessions.target("lock"))
      }
      do {
        let report = try await run(source: source, lock: lock, rejectsFile: rejectsFile, since: start)
        await lock.close()
        return report
      } catch {
        await lock.close()
        throw error
      }
    }
  }

  private func run(
    source: Connection, lock: RunLock, rejectsFile: RejectsFile?, since start: ContinuousClock.Instant
  ) async throws -> SyncReport {
    let plan = try await planUnderLock(lock, source: source)
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
    do {
      try await house.prepare(on: lock.holder, facts: beginning.house, writesMetadata: !options.isDryRun)
      try await move(plan, run: beginning.run, lock: lock, source: source, reports: reports, log: log)
      if let notice = try await rejectsFile?.write(beginning.run, from: lock.holder) { notices.append(notice) }
    } catch {
      failure = error
    }
    let isCancelled = failure is CancellationError
    let error = failure.map { isCancelled ? SyncError.stopped : SyncError.ended(by: $0) }
    let report = record.report(reports.all, error: error, notices: notices)
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

  /// The plan, made again if another run was waited for, which may have changed what it rests on.
  private func planUnderLock(_ lock: RunLock, source: Connection) async throws -> SyncPlan {
    let plan = try await plan(source: source, target: lock.holder)
    let hasWaited = try await lock.take(waiting: options.wait) { other in
      observer(.waiting(other))
      log.lockAwaited(other)
    }
    log.lockTaken()
    return hasWaited ? try await self.plan(source: source, target: lock.holder) : plan
  }

  /// Empties the stages and closes the run's entry in the history, also in a cancelled task. Returns what the user has
  /// to know of it.
  private func leave(_ house: House, lock: RunLock, closing: [SQL]) async -> [String] {
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

  private var mode: String { options.isDryRun ? "full, dry run" : options.isAtomic ? "full, atomic" : "full" }

  /// The way of the rows: source, stage, delta, target.
  private func move(
    _ plan: SyncPlan, run: RunIdentity, lock: RunLock, source: Connection, reports: ReportLedger, log: RunLog
  ) async throws {
    let sessions = sessions
    let snapshot = try await SourceSnapshot.take(for: plan, owner: source)
    log.snapshotTaken(snapshot, tables: plan.tables.count)
    let sources = ConnectionPool(options: { sessions.source("source \($0)") }, discardsAfterError: true) { connection in
      try await connection.batch(snapshot.adopt)
    }
    let targets = ConnectionPool(options: { sessions.target("target \($0)") }) { connection in
      try await lock.adopt(connection)
    }
    let settings = configuration.settings
    let retry = RetryPolicy(retries: settings.retries)
    do {
      // All readers take their locks now, before anybody queues for a stronger one.
      let lanes = min(settings.jobs, plan.tables.map(\.chunks.count).reduce(0, +))
      async let opening: Void = targets.open(lanes)
      try await sources.open(lanes)
      let isLoading = settings.directLoad != .never && !options.isDryRun && !options.isAtomic
      let direct = isLoading ? try await DirectLoad.candidates(plan, on: lock.holder) : []
      try await opening
      let ledger = ExtractionLedger(plan: plan)
      let extraction = Extraction(
        plan: plan, settings: settings, retry: retry, sources: sources, targets: targets, snapshot: snapshot,
        ledger: ledger, reports: reports, observer: observer, log: log)
      let merge = MergePhase(
        plan: plan, settings: settings, retry: retry, run: run, lock: lock, isDryRun: options.isDryRun,
        isAtomic: options.isAtomic, extracted: ledger, targets: targets, reports: reports, deltas: DeltaLedger(),
        observer: observer, log: log)
      let runner = WorkRunner(plan: plan, lanes: settings.jobs, extraction: extraction, merge: merge, direct: direct)
      try await runner.run(to: options.isDryRun || options.isAtomic ? .compare : .merge)
      if options.isAtomic && !options.isDryRun { try await merge.mergeTogether() }
      await targets.close()
    } catch {
      await sources.close()
      await targets.close()
      throw error
    }
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
