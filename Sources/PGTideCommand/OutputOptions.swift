import ArgumentParser
import PGTide
import TerminalProgress

/// What is shown.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the report as JSON.")
  var json = false

  @Flag(name: .shortAndLong, help: "Print only what failed, and warnings.")
  var quiet = false

  func show(_ report: SyncReport, _ log: CommandLog) throws {
    if json {
      try Console.print(ReportJSON.text(report), "the report", ifLost: ReportText(report).landed)
    } else if !quiet {
      try Console.print(
        ReportText(report, width: Console.screenWidth).text, "the report", ifLost: ReportText(report).landed)
    } else if !log.isJSON {
      for part in ReportText(report).quiet { Console.error(part) }
    }
  }
}
