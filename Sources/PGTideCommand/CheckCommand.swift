import ArgumentParser
import PGTide

/// `pgtide check`: whether both ends are level.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Compare both ends row by row, and change neither.",
    discussion: """
      Both ends first make one number of all rows of each table. Where the numbers differ, the rows are compared one by
      one, as a sync would compare them, and what differs is looked at again in a later state of both ends.

      \(PGTideExit.help)
      """)

  @OptionGroup var shared: SharedOptions

  @Option(
    help: ArgumentHelp("Tell whether either end has moved since this run of sync --prove.", valueName: "run"))
  var receipt: Int?

  @Option(Settings.checkLimit) var limit = 100

  @Flag(help: "Show the values that differ, and all values of rows that only one end has.")
  var columns = false

  @Flag(help: "Print the statements that would mend the rows: INSERT, UPDATE, and DELETE as a comment.")
  var sql = false

  @OptionGroup(title: "Speed")
  var speed: SpeedOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  func validate() throws {
    if receipt != nil, columns || sql {
      throw ValidationError("--receipt compares no single rows: it goes without --columns and --sql.")
    }
  }

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug, quiet: output.quiet)
    try await reportingErrors(log) {
      var configuration = try shared.loadConfiguration()
      speed.apply(to: &configuration.settings)
      var options = Check.Options(limit: limit, showsValues: columns, makesStatements: sql, logger: log.logger)
      options.tracer = shared.tracer
      if let receipt {
        let report = try await untilSignal(log) { [configuration, options] in
          try await Check(configuration, options: options).compare(receipt: receipt)
        }
        try Console.print(output.json ? ReportJSON.text(report) : ReceiptText(report).text, "the result")
        return PGTideExit(report.outcome)
      }
      let report = try await untilSignal(log) { [configuration, options] in
        try await Check(configuration, options: options).run()
      }
      if output.json {
        try Console.print(ReportJSON.text(report), "the result")
      } else if sql {
        try Console.print(MendingScript(report).text, "the script")
      } else {
        let text = CheckText(report)
        let lines = output.quiet ? text.quiet : text.text
        if !lines.isEmpty { try Console.print(lines, "the result") }
      }
      return PGTideExit(report.outcome)
    }
  }
}
