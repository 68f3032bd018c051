import FoundationEssentials
import Logging
import Postgres

/// One run: brings the target level with the source.
///
///     let configuration = try ConfigurationFile.read(path: "pgtide.yaml", environment: environment)
///     let report = try await Sync(configuration).run()
///
/// A table that fails does not end the run; the report tells. Cancelling the task cancels the statements on both
/// servers, rolls open transactions back, and empties the stages.
public struct Sync: Sendable {
  /// What a run may do.
  public struct Options: Sendable {
    /// Stop after the counted delta; write to the schema `pgtide` only.
    public var isDryRun: Bool
    /// Merge all tables in one transaction.
    public var isAtomic: Bool
    /// Where to write the rejects as JSON lines.
    public var rejectsFile: String?
    /// Receives every statement, for `--debug`.
    public var tracer: StatementTracer?
    /// Receives the run's decisions; docs/operations.md lists them. At level `trace` every statement, too.
    public var logger: Logger

    public init(
      isDryRun: Bool = false, isAtomic: Bool = false, rejectsFile: String? = nil, tracer: StatementTracer? = nil,
      logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      self.isDryRun = isDryRun
      self.isAtomic = isAtomic
      self.rejectsFile = rejectsFile
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
    sessions = Sessions(configuration: configuration, tracers: [options.tracer, log.tracer].compactMap(\.self))
    self.observer = observer
  }

  /// Plans without writing anything.
  ///
  /// Throws: ``PlanRefusal``, ``PostgresError``, `CancellationError`.
  public func plan() async throws -> SyncPlan {
    try await withBothEnds { source, target in
      try await plan(source: source, target: target)
    }
  }

  private func plan(source: Connection, target: Connection) async throws -> SyncPlan {
    let warnings = try await [
      LinkWarning(end: "source", link: source.link()), LinkWarning(end: "target", link: target.link()),
    ].compactMap(\.self)
    for warning in warnings { log.linkNotSecured(warning) }
    var plan = try await Planner(configuration).plan(source: source, target: target)
    plan.notices += warnings.map(\.text)
    log.planned(plan)
    return plan
  }

  /// Creates the schema `pgtide` and the users' status table, with a row for each table of the configuration.
  /// Returns the statements; with `isPrintOnly` they are not run.
  public func initializeMetadata(isPrintOnly: Bool) async throws -> [String] {
    try await withBothEnds { source, target in
      let plan = try await plan(source: source, target: target)
      let statements = House(plan: plan, connection: target).initialization
      if !isPrintOnly { try await target.batch(["BEGIN"] + statements + ["COMMIT"]) }
      return statements.map(\.script)
    }
  }

  /// Throws: ``PlanRefusal``, ``SyncError`` or ``PostgresError`` when the run as a whole cannot go on, and
  /// `CancellationError`. What tables failed by themselves is in the report.
  public func run() async throws -> SyncReport {
    let start = ContinuousClock.now
    let rejectsFile = try options.rejectsFile.map(RejectsFile.create)
    defer { rejectsFile?.close() }
    return try await withBothEnds { source, target in
      let plan = try await plan(source: source, target: target)
      observer(.planned(plan.tables.map { ($0.label, $0.source.estimatedRows, $0.estimatedBytes) }))
      let house = House(plan: plan, connection: target)
      try await house.lock()
      log.lockTaken()
      try await house.prepare(writesMetadata: !options.isDryRun)
      let run = try await begin(on: target)
      let log = log.of(run)
      log.runBegun(mode: mode, jobs: configuration.settings.jobs)
      do {
        let tables = try await move(plan, run: run, source: source, log: log)
        let notice = try await rejectsFile?.write(run, from: target)
        let report = report(tables, plan: plan, run: run, since: start, notices: [notice].compactMap(\.self))
        try await target.query(report.finish(run))
        await house.leave()
        log.runFinished(report)
        return report
      } catch {
        await house.leave()
        let status = error is CancellationError ? "cancelled" : "failed"
        let finish = HistorySQL.finish(
          run, status: status, totals: RowCounts(), bytes: 0, seconds: start.duration(to: .now).seconds,
          error: error is CancellationError ? "stopped before the end" : "\(error)")
        _ = try? await target.cleanUp(finish)
        log.runFailed(error)
        throw error
      }
    }
  }

  /// Opens the run's own connection to each end, side by side.
  private func withBothEnds<R: Sendable>(
    _ body: @Sendable (_ source: Connection, _ target: Connection) async throws -> R
  ) async throws -> R {
    async let sourceEnd = Result.of { try await Connection.open(sessions.source("source")) }
    async let targetEnd = Result.of { try await Connection.open(sessions.target("target")) }
    let (source, target) = await (sourceEnd, targetEnd)
    let result: Result<R, any Error>
    do {
      let (source, target) = try (source.get(), target.get())
      result = await Result.of { try await body(source, target) }
    } catch {
      result = .failure(error)
    }
    try? await source.get().close()
    try? await target.get().close()
    return try result.get()
  }

  private var mode: String { options.isDryRun ? "full, dry run" : options.isAtomic ? "full, atomic" : "full" }

  private func begin(on target: Connection) async throws -> RunIdentity {
    let settings = RunSettingsRecord(configuration.settings)
    let json = try String(decoding: JSONEncoder().encode(settings), as: UTF8.self)
    let answers = try await target.batch([
      HistorySQL.closeDead(flow: configuration.flow),
      HistorySQL.begin(flow: configuration.flow, mode: mode, settings: json),
    ])
    return RunIdentity(id: answers[1].rows.first?.text(0) ?? "")
  }

  /// The way of the rows: source, stage, delta, target.
  private func move(
    _ plan: SyncPlan, run: RunIdentity, source: Connection, log: RunLog
  ) async throws -> [TableReport] {
    let sessions = sessions
    let snapshot = try await SourceSnapshot.take(for: plan, owner: source)
    log.snapshotTaken(snapshot, tables: plan.tables.count)
    let sources = ConnectionPool(
      options: { sessions.source("source \($0)") }, opening: snapshot.adopt, discardsAfterError: true)
    let targets = ConnectionPool(options: { sessions.target("target \($0)") })
    do {
      // All readers take their locks now, before anybody queues for a stronger one.
      let lanes = min(configuration.settings.jobs, plan.tables.map(\.chunks.count).reduce(0, +))
      async let opening: Void = targets.open(lanes)
      try await sources.open(lanes)
      try await opening
      let ledger = ExtractionLedger(plan: plan)
      let reports = ReportLedger(plan: plan)
      let extraction = Extraction(
        plan: plan, settings: configuration.settings, sources: sources, targets: targets, snapshot: snapshot,
        ledger: ledger, observer: observer, log: log)
      let merge = MergePhase(
        plan: plan, settings: configuration.settings, run: run, isDryRun: options.isDryRun, extracted: ledger,
        targets: targets, reports: reports, deltas: DeltaLedger(), observer: observer, log: log)
      let runner = WorkRunner(plan: plan, lanes: configuration.settings.jobs, extraction: extraction, merge: merge)
      try await runner.run(to: options.isDryRun || options.isAtomic ? .compare : .merge)
      if options.isAtomic && !options.isDryRun { try await merge.mergeTogether() }
      await targets.close()
      return reports.all
    } catch {
      await sources.close()
      await targets.close()
      throw error
    }
  }

  private func report(
    _ tables: [TableReport], plan: SyncPlan, run: RunIdentity, since start: ContinuousClock.Instant, notices: [String]
  ) -> SyncReport {
    var totals = RowCounts()
    for table in tables { totals += table.counts }
    return SyncReport(
      runID: run.id, outcome: SyncReport.Outcome(tables), flow: plan.flow, mode: "full", isDryRun: options.isDryRun,
      isAtomic: options.isAtomic,
      jobs: configuration.settings.jobs, chunkBytes: configuration.settings.chunkBytes, tables: tables, totals: totals,
      bytes: tables.map(\.bytes).reduce(0, +), seconds: start.duration(to: .now).seconds,
      peakMemory: ProcessMemory.peak, notices: plan.notices + notices)
  }
}

extension SyncReport {
  func finish(_ run: RunIdentity) -> SQL {
    HistorySQL.finish(
      run, status: outcome.rawValue, totals: totals, bytes: bytes, seconds: seconds,
      error: tables.first { $0.status == .failed }.flatMap { table in table.error.map { "\(table.table): \($0)" } })
  }
}

extension Result where Failure == any Error {
  static func of(_ body: () async throws -> Success) async -> Result {
    do { return .success(try await body()) } catch { return .failure(error) }
  }
}

/// The settings as the history keeps them.
private struct RunSettingsRecord: Encodable {
  let jobs: Int
  let chunk_bytes: Int
  let chunk_rows: Int?
  let max_rejects: Int?

  init(_ settings: RunSettings) {
    jobs = settings.jobs
    chunk_bytes = settings.chunkBytes
    chunk_rows = settings.chunkRows
    max_rejects = settings.maxRejects
  }
}
