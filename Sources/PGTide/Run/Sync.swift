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
    /// Compare both ends when all has landed, and keep a receipt.
    public var proves: Bool
    /// Receives every statement, for `--debug`.
    package var tracer: StatementTracer?
    /// Receives the run's decisions; docs/reference/log-events.md lists them. At level `trace` every statement, too.
    public var logger: Logger

    public init(
      isDryRun: Bool = false, isAtomic: Bool = false, rejectsFile: String? = nil, wait: Duration = .zero,
      resumes: Bool = false, proves: Bool = false,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.isDryRun = isDryRun
      self.isAtomic = isAtomic
      self.rejectsFile = rejectsFile
      self.wait = wait
      self.resumes = resumes
      self.proves = proves
      self.logger = logger
    }

    /// A dry run lands nothing, however it would be done.
    var goal: RunGoal { isDryRun ? .compareOnly : isAtomic ? .landTogether : .landEach }

    package init(
      isDryRun: Bool = false, isAtomic: Bool = false, rejectsFile: String? = nil, wait: Duration = .zero,
      resumes: Bool = false, proves: Bool = false, tracer: StatementTracer?,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.init(
        isDryRun: isDryRun, isAtomic: isAtomic, rejectsFile: rejectsFile, wait: wait, resumes: resumes, proves: proves,
        logger: logger)
      self.tracer = tracer
    }
  }

  let configuration: SyncConfiguration
  let options: Options
  let sessions: Sessions
  let observer: SyncObserver
  let log: RunLog

  public init(
    _ configuration: SyncConfiguration, options: Options = Options(), observer: @escaping SyncObserver = { _ in }
  ) {
    self.configuration = configuration
    self.options = options
    log = RunLog(options.logger, flow: configuration.flow)
    sessions = Sessions(
      configuration: configuration, tracers: [options.tracer, log.tracer].compactMap(\.self),
      stallWatch: StallWatch(
        limit: configuration.settings.stallTimeout, lockTimeout: configuration.settings.lockTimeout))
    self.observer = observer
  }

  /// Plans without writing anything.
  ///
  /// Throws: ``SettingsError``, ``PlanRefusal``, ``ServerError``, `CancellationError`.
  public func plan() async throws -> SyncPlan {
    try validate()
    return try await ServerError.naming {
      try await sessions.withBothEnds { source, target in try await plan(source: source, target: target) }
    }
  }

  /// Plans, and measures on the source which rows a run would reject. That reads all tables, but moves and writes nothing.
  ///
  /// Throws: as ``plan()``.
  public func measuredPlan() async throws -> PlanSummary {
    try validate()
    return try await ServerError.naming {
      try await sessions.withBothEnds { source, target in
        let plan = try await plan(source: source, target: target)
        let profiler = Profiler(plan: plan.readingAll, source: source, target: target)
        return PlanSummary(plan, profiles: try await profiler.profiles())
      }
    }
  }

  func plan(source: Connection, target: Connection, checksPrivateSchema: Bool = true) async throws -> SyncPlan {
    let warnings = try await [
      LinkWarning(end: "source", link: source.link()), LinkWarning(end: "target", link: target.link()),
    ].compactMap(\.self)
    for warning in warnings { log.linkNotSecured(warning) }
    var plan = try await Planner(configuration, checksPrivateSchema: checksPrivateSchema).plan(
      source: source, target: target)
    plan.notices += warnings.map(\.text)
    plan = plan.readingChanges
    log.planned(plan)
    return plan
  }

  /// Creates the schema `pgtide` and the users' status table, with a row for each table of the configuration.
  /// Returns the statements; with `isPrintOnly` they are not run.
  public func initializeMetadata(isPrintOnly: Bool) async throws -> [String] {
    try validate()
    return try await ServerError.naming { try await initialize(isPrintOnly: isPrintOnly) }
  }

  private func initialize(isPrintOnly: Bool) async throws -> [String] {
    try await sessions.withBothEnds { source, target in
      // What is printed is for somebody who may do what the session's user may not.
      let plan = try await plan(source: source, target: target, checksPrivateSchema: !isPrintOnly)
      // In a transaction, which knows what stood there before it.
      let statements =
        [SQL.beginWriting] + PrivateSchema(plan: plan).initialization(isForOthers: isPrintOnly) + ["COMMIT"]
      if !isPrintOnly {
        try await target.batch([statements[0], RunLockSQL.buildingAlone] + statements.dropFirst())
      }
      return statements.map(\.script)
    }
  }

  /// Throws: ``SettingsError``, ``PlanRefusal``, ``ResumeRefusal``, ``RunInProgress`` or ``ServerError`` when no run
  /// could begin; ``SyncError`` when its rejects file or its spill cannot be written; `CancellationError`, before which
  /// the observer gets the report of what has landed.
  public func run() async throws -> SyncReport {
    try validate()
    return try await ServerError.naming {
      try await RoundTrips.$current.withValue(RoundTrips()) { try await countedRun() }
    }
  }

  private func validate() throws(SettingsError) {
    try configuration.validate([Settings.wait.mistake(options.wait), mistakeOfProof])
  }

  /// A proof looks at the source in the run's own snapshot, when all has landed.
  private var mistakeOfProof: SettingsError.Mistake? {
    guard options.proves else { return nil }
    let obstacle: String? =
      options.isDryRun
      ? "a dry run"
      : options.resumes
        ? "one that reads no source"
        : configuration.settings.spill.mode == .always
          ? "one that releases its source early (`spill`)" : nil
    return obstacle.map { .init(setting: "prove", expected: "a run that holds its source to the end", found: $0) }
  }
}
