import Logging
import Postgres

/// Compares both ends, and writes to neither.
///
///     let report = try await Check(configuration).run()
///     if report.outcome == .different { … }
///
/// What is the same, and what a sync would reject, is said by the plan and the statements of a sync.
public struct Check: Sendable {
  public struct Options: Sendable {
    /// How many rows of a table are told one by one. All are counted.
    public var limit: Int
    /// The rows are told with values, not by their keys alone.
    public var showsValues: Bool
    /// The rows are told with the statements that would mend them.
    public var makesStatements: Bool
    /// Receives every statement, for `--debug`.
    package var tracer: StatementTracer?
    public var logger: Logger

    public init(
      limit: Int = 100, showsValues: Bool = false, makesStatements: Bool = false,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.limit = limit
      self.showsValues = showsValues
      self.makesStatements = makesStatements
      self.logger = logger
    }
  }

  let configuration: SyncConfiguration
  let options: Options
  let sessions: Sessions
  let log: RunLog

  public init(_ configuration: SyncConfiguration, options: Options = Options()) {
    self.configuration = configuration
    self.options = options
    log = RunLog(options.logger, flow: configuration.flow)
    sessions = Sessions(
      configuration: configuration, tracers: [options.tracer, log.tracer].compactMap(\.self),
      stallWatch: StallWatch(
        limit: configuration.settings.stallTimeout, lockTimeout: configuration.settings.lockTimeout))
  }

  /// Throws: ``SettingsError``, ``PlanRefusal``, ``ServerError``, `CancellationError`. A table that cannot be compared is
  /// told in the report.
  public func run() async throws -> CheckReport {
    try configuration.validate([Settings.checkLimit.mistake(options.limit)])
    let start = ContinuousClock.now
    return try await ServerError.naming {
      try await sessions.withBothEnds { source, target in
        let plan = try await plan(source: source, target: target)
        let targets = targets
        let run = CheckRun(
          context(plan, targets), tables: plan.tables, sessions: sessions, source: .owner(source))
        let result = await Result.of { try await run.run() }
        await targets.close()
        let tables =
          try result.get()
          + plan.held.map { held in
            var report = TableCheck(label: held.label, source: "")
            report.fail("\(held.error)")
            return report
          }
        let report = CheckReport(
          outcome: CheckReport.Outcome(tables), flow: plan.flow, tables: tables,
          seconds: start.duration(to: .now).seconds, notices: plan.notices, warnings: plan.warnings)
        log.checked(report)
        return report
      }
    }
  }

  func plan(source: Connection, target: Connection) async throws -> SyncPlan {
    var plan = try await Planner(configuration, checksPrivateSchema: false, checksWriting: false).plan(
      source: source, target: target)
    let links = try await [
      LinkWarning(end: "source", link: source.link()), LinkWarning(end: "target", link: target.link()),
    ].compactMap(\.self)
    for link in links { log.linkNotSecured(link) }
    plan.notices += links.map(\.text)
    log.planned(plan)
    return plan
  }

  var targets: ConnectionPool { ConnectionPool { [sessions] in sessions.target("target connection \($0)") } }

  func context(_ plan: SyncPlan, _ targets: ConnectionPool) -> CheckContext {
    var settings = configuration.settings
    settings.jobs = plan.workers(of: settings.jobs, readsSource: true)
    return CheckContext(plan: plan, options: options, settings: settings, targets: targets, log: log)
  }
}
