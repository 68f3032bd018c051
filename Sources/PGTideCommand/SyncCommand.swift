import ArgumentParser
import PGTide
import TerminalProgress

/// `pgtide sync`: brings the target level with the source.
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Bring the target level with the source.",
    discussion: """
      Reads every table of the source in one consistent state, compares it with the target, and writes what differs.
      A target row that the source did not bring is never changed. What cannot go in is kept in pgtide.rejects.
      """)

  /// How much of the source a run looks at.
  enum Mode: String, ExpressibleByArgument, CaseIterable {
    /// All rows of all tables.
    case full
  }

  @OptionGroup var shared: SharedOptions

  @Option(help: "How to find what differs: full reads and compares all rows.")
  var mode = Mode.full

  @Flag(help: "Do everything up to the counted difference, and write to the schema pgtide only.")
  var dryRun = false

  @Flag(help: "Merge all tables in one transaction: all of them land, or none.")
  var atomic = false

  @OptionGroup(title: "Speed")
  var speed: SpeedOptions

  @OptionGroup(title: "Rejected rows")
  var rejects: RejectOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug, quiet: output.quiet)
    try await reportingErrors(log) {
      var configuration = try shared.loadConfiguration()
      speed.apply(to: &configuration.settings)
      if let limit = rejects.maxRejects { configuration.settings.maxRejects = limit }
      let options = Sync.Options(
        isDryRun: dryRun, isAtomic: atomic, rejectsFile: rejects.rejectsFile, tracer: shared.tracer,
        logger: log.logger)
      let report = try await untilSignal(log) { [configuration] in
        try await sync(configuration, options, log)
      }
      if output.json {
        Console.print(try ReportJSON.text(report))
      } else if !output.quiet {
        Console.print(ReportText(report).text)
      } else if !log.isJSON, let failure = ReportText(report).failures {
        Console.error(failure)
      }
      return PGTideExit(report.outcome)
    }
  }

  private func sync(
    _ configuration: SyncConfiguration, _ options: Sync.Options, _ log: CommandLog
  ) async throws -> SyncReport {
    let feed = ProgressFeed(output: output, log: log, debug: shared.debug, isDryRun: options.isDryRun)
    return try await feed.following { observer in
      try await Sync(configuration, options: options, observer: observer).run()
    }
  }
}

/// Flags that decide how fast a run is, not what it does.
struct SpeedOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Connections to each end that move rows at the same time.", valueName: "n"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp("Read large tables in chunks of about this size, such as 16MiB.", valueName: "size"),
    transform: SpeedOptions.size)
  var chunkBytes: Int?

  @Option(help: ArgumentHelp("Read large tables in chunks of about so many rows.", valueName: "n"))
  var chunkRows: Int?

  @Flag(inversion: .prefixedNo, help: "ANALYZE target tables of which a large part changed.")
  var analyze: Bool?

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs takes a number from 1.") }
    if let chunkRows, chunkRows < 1 { throw ValidationError("--chunk-rows takes a number from 1.") }
  }

  func apply(to settings: inout RunSettings) {
    if let jobs { settings.jobs = jobs }
    if let chunkBytes { settings.chunkBytes = chunkBytes }
    if let chunkRows { settings.chunkRows = chunkRows }
    if let analyze { settings.analyze = analyze }
  }

  private static func size(_ text: String) throws -> Int {
    guard let bytes = ByteSize.parse(text), bytes >= 64 << 10 else {
      throw ValidationError("--chunk-bytes takes a size from 64KiB, such as 16MiB.")
    }
    return bytes
  }
}

/// What happens to rows that cannot go in.
struct RejectOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Do not write a table that rejects more rows than this (with --atomic: all tables together).", valueName: "n"))
  var maxRejects: Int?

  @Option(help: ArgumentHelp("Also write the rejected rows to this file, a JSON object a line.", valueName: "file"))
  var rejectsFile: String?

  func validate() throws {
    if let maxRejects, maxRejects < 0 { throw ValidationError("--max-rejects takes a number from 0.") }
  }
}

/// What is shown.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the report as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but what went wrong.")
  var quiet = false
}
