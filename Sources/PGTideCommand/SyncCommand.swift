import ArgumentParser
import PGTide
import Synchronization
import TerminalProgress

/// `pgtide sync`: syncs the target with the source.
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Sync the target with the source.",
    discussion: """
      Reads every table of the source in one consistent state, compares it with the target, and writes what differs.
      Target rows that did not come from the source are never changed. Rejected rows are recorded in pgtide.rejects.

      \(PGTideExit.help)
      """)

  @OptionGroup var shared: SharedOptions

  @Option(Settings.mode) var mode: RunMode?

  @Flag(help: "Do everything up to the counted difference, and write to the schema pgtide only.")
  var dryRun = false

  @Flag(help: "Merge all tables in one transaction: all of them are committed, or none.")
  var atomic = false

  @Flag(help: "Compare both ends when all has landed, and keep a receipt in pgtide.runs.")
  var prove = false

  @Option(Settings.wait) var wait: Duration?

  @OptionGroup(title: "Speed")
  var speed: SpeedOptions

  @OptionGroup(title: "Spill")
  var spill: SpillOptions

  @OptionGroup(title: "Rejected rows")
  var rejects: RejectOptions

  @OptionGroup(title: "Deleted rows")
  var deletes: DeleteOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  func run() async throws {
    let log = shared.log.commandLog(
      debug: shared.debug, quiet: output.quiet, isReportSeen: !output.json && Console.screenWidth != nil)
    try await reportingErrors(log) {
      var configuration = try shared.loadConfiguration()
      speed.apply(to: &configuration.settings)
      spill.apply(to: &configuration.settings.spill)
      if let mode { configuration.settings.mode = mode }
      if let limit = rejects.maxRejects { configuration.settings.maxRejects = limit }
      try deletes.apply(to: &configuration)
      let options = Sync.Options(
        isDryRun: dryRun, isAtomic: atomic, rejectsFile: rejects.rejectsFile, wait: wait ?? .zero,
        resumes: spill.resume, proves: prove, tracer: shared.tracer, logger: log.logger)
      let stopped = StoppedReport()
      do {
        let report = try await untilSignal(
          log, stopped: "tables that were committed stay; the others are as they were"
        ) { [configuration] in
          try await sync(configuration, options, stopped, log)
        }
        try output.show(report, log)
        return PGTideExit(report)
      } catch {
        // What had landed before it was stopped.
        if let report = stopped.report {
          do { try output.show(report, log) } catch { log.failedBeside(error) }
        }
        throw error
      }
    }
  }

  private func sync(
    _ configuration: SyncConfiguration, _ options: Sync.Options, _ stopped: StoppedReport, _ log: CommandLog
  ) async throws -> SyncReport {
    let feed = ProgressFeed(output: output, log: log, debug: shared.debug, isDryRun: options.isDryRun)
    return try await feed.following { observer in
      let sync = Sync(configuration, options: options) { event in
        if case .stopped(let report) = event { stopped.keep(report) }
        observer(event)
      }
      return try await sync.run()
    }
  }
}

/// The report of a run that was stopped by a signal.
private final class StoppedReport: Sendable {
  private let kept = Mutex<SyncReport?>(nil)

  var report: SyncReport? { kept.withLock(\.self) }

  func keep(_ report: SyncReport) { kept.withLock { $0 = report } }
}
