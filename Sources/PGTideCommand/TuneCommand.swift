import ArgumentParser
import PGTide
import PGTideTune
import TerminalProgress

/// `pgtide tune`: which settings are the fastest between these two databases.
struct TuneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Find the fastest settings for these two databases.",
    discussion: """
      Copies rows of the source into pgtide's own stages on the target, with one setting after the other, and empties
      them after each trial. No other table of the target is read or written. Where there are many rows, a part of them
      is copied. Prints how long each setting took and what to write into the configuration.
      """)

  @OptionGroup var shared: SharedOptions

  @Option(Settings.budget) var budget: Duration = .seconds(60)
  @Option(Settings.mostJobs) var maxJobs = 8

  @Flag(help: "Print the result as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print nothing but the result.")
  var quiet = false

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug, quiet: quiet)
    try await reportingErrors(log) {
      let configuration = try shared.loadConfiguration()
      let options = Tune.Options(budget: budget, mostJobs: maxJobs, tracer: shared.tracer, logger: log.logger)
      let tune = Tune(configuration, options: options) { [quiet] event in
        if !quiet, !log.isJSON { Console.error(TuneText.line(event)) }
      }
      let report = try await untilSignal(log, stopped: "stopped before the end. The stages are empty.") {
        try await tune.run()
      }
      try Console.print(json ? ReportJSON.text(report) : TuneText(report).text, "the result")
      return .success
    }
  }
}
