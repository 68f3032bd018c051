import FoundationEssentials
import Logging
import PGTide
import Postgres

/// Finds out which settings bring rows to the stages fastest, on the user's own two databases.
///
///     let report = try await Tune(configuration).run()
///
/// It copies rows from the source into pgtide's own stages, again and again, and empties them behind each trial. Nothing
/// is compared or merged: no other table of the target is read or written. It holds the flow's lock meanwhile, and
/// stands in the history as a run of the mode `tune`.
public struct Tune: Sendable {
  public struct Options: Sendable {
    /// When it ends, at the latest; then it says what was not tried.
    public var budget: Duration
    /// Jobs that are tried, at most.
    public var mostJobs: Int
    /// Receives every statement, for `--debug`.
    package var tracer: StatementTracer?
    public var logger: Logger

    public init(
      budget: Duration = .seconds(60), mostJobs: Int = 8,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.budget = budget
      self.mostJobs = mostJobs
      self.logger = logger
    }

    package init(
      budget: Duration = .seconds(60), mostJobs: Int = 8, tracer: StatementTracer?,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.init(budget: budget, mostJobs: mostJobs, logger: logger)
      self.tracer = tracer
    }
  }

  /// How the history calls it.
  static let mode = "tune"

  private let configuration: SyncConfiguration
  private let options: Options
  private let sessions: Sessions
  private let observer: @Sendable (TuneEvent) -> Void
  private let log: RunLog

  public init(
    _ configuration: SyncConfiguration, options: Options = Options(),
    observer: @escaping @Sendable (TuneEvent) -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.options = options
    self.observer = observer
    log = RunLog(options.logger, flow: configuration.flow)
    sessions = Sessions(
      configuration: configuration, tracers: [options.tracer, log.tracer].compactMap(\.self),
      stallWatch: StallWatch(
        limit: configuration.settings.stallTimeout, lockTimeout: configuration.settings.lockTimeout))
  }

  /// Throws: ``SettingsError``, ``PlanRefusal``, ``RunInProgress``, ``ServerError``, ``SyncError``, `CancellationError`.
  /// Whichever it is, the stages are empty then.
  public func run() async throws -> TuneReport {
    try configuration.validate([
      Settings.budget.mistake(options.budget), Settings.mostJobs.mistake(options.mostJobs),
    ])
    return try await ServerError.naming { try await checkedRun() }
  }

  private func checkedRun() async throws -> TuneReport {
    let start = ContinuousClock.now
    return try await sessions.withBothEnds { source, target in
      try await sessions.withFlowLock(on: target) {
        try await underLock($0, source: source, since: start)
      }
    }
  }

  private func underLock(
    _ lock: RunLock, source: Connection, since start: ContinuousClock.Instant
  ) async throws -> TuneReport {
    let target = await lock.holder
    let plan = try await Planner(configuration).plan(source: source, target: target)
    _ = try await lock.take(waiting: .zero) { _ in }
    let privateSchema = PrivateSchema(plan: plan)
    try await privateSchema.found(on: target)
    let beginning = try await lock.begin(mode: Self.mode, settings: configuration.settings.record)
    log.of(beginning.run).runBegun(
      mode: Self.mode, jobs: configuration.settings.jobs, endedSessions: beginning.endedSessions)
    let result = await Result.of {
      try await privateSchema.prepare(
        on: target, facts: beginning.privateSchema, writesMetadata: false, leavesSmall: false)
      try await PrivateSchema.makeStages(
        for: plan.tables, facts: beginning.privateSchema, on: target, lockMustBeHeld: lock.mustBeHeld)
      return try await tryChoices(plan, lock: lock, source: source, since: start)
    }
    await leave(privateSchema, lock: lock, closing: finish(beginning.run, result, since: start))
    return try result.get()
  }

  private func tryChoices(
    _ plan: SyncPlan, lock: RunLock, source: Connection, since start: ContinuousClock.Instant
  ) async throws -> TuneReport {
    if case .lock(let error) = plan.held.first?.reason { throw error }
    let sessions = sessions
    var configuration = configuration
    configuration.settings.jobs = plan.workers(of: configuration.settings.jobs, readsSource: true)
    // One snapshot for all trials: each of them reads the same rows.
    let snapshot = try await SourceSnapshot.take(
      for: plan, owner: source, retry: RetryPolicy(retries: configuration.settings.retries), log: log)
    if let failure = snapshot.failures.values.min(by: { "\($0)" < "\($1)" }) { throw failure }
    let sources = ConnectionPool(discardsAfterError: true) { sessions.source("source connection \($0)") }
    await sources.setUp { try await snapshot.adopt($0) }
    let targets = ConnectionPool { sessions.target("target connection \($0)") }
    await targets.setUp { try await lock.adopt($0) }
    let run = TuneRun(
      plan: plan, configuration: configuration, staging: TuneStaging(sources: sources, targets: targets),
      target: await lock.holder, budget: options.budget, end: start.advanced(by: options.budget),
      mostJobs: max(options.mostJobs, configuration.settings.jobs), observer: observer)
    let result = await Result.of { try await run.report(since: start) }
    await sources.close()
    await targets.close()
    return try result.get()
  }

  /// Empties the stages and closes the entry in the history, also in a cancelled task. What it cannot do, the flow's
  /// next run does.
  private func leave(_ privateSchema: PrivateSchema, lock: RunLock, closing: SQL) async {
    // With the lock lost, the stages may be another run's. Not the task's own work, which may be cancelled.
    guard case .success = await Task(operation: { try await lock.regain() }).result else { return }
    let holder = await lock.holder
    await privateSchema.leave(on: holder)
    _ = try? await holder.cleanUp(closing)
  }

  private func finish(
    _ run: RunIdentity, _ result: Result<TuneReport, any Error>, since start: ContinuousClock.Instant
  ) -> SQL {
    var (status, message): (String, String?) = ("success", nil)
    if case .failure(let error) = result {
      status = error is CancellationError ? "cancelled" : "failed"
      message = (error is CancellationError ? SyncError.stopped : SyncError.ended(by: error)).messageWithoutValues
    }
    return HistorySQL.finish(
      run, status: status, totals: RowCounts(), bytes: 0, seconds: start.duration(to: .now).seconds, error: message)
  }
}
