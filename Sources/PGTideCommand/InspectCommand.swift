import ArgumentParser
import PGTide

/// `pgtide inspect`: what the tables are like on both ends.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show the tables of both ends side by side, and change nothing.",
    discussion: """
      Columns, keys, sizes, triggers, stamp columns and statistics of each table, and how a sync will find what changed in
      it. Tables that cannot be planned are shown with what stands in the way, and one end where the other cannot be read.
      The last lines name the tables without a column for the time of their rows' creation or last change.
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Count rows, and rows without a stamp, by reading the tables.")
  var count = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug)
    try await reportingErrors(log) {
      let configuration = try shared.loadConfiguration()
      let options = Inspect.Options(countsRows: count, tracer: shared.tracer, logger: log.logger)
      let report = try await untilSignal(log) { try await Inspect(configuration, options: options).run() }
      try Console.print(json ? ReportJSON.text(report) : InspectText(report).text, "the result")
      return report.source.error == nil && report.target.error == nil ? .success : .noConnection
    }
  }
}
