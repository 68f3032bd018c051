import ArgumentParser
import PGTide
import TerminalProgress

/// `pgtide undelete`: puts rows back that a sync has deleted.
struct UndeleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undelete", abstract: "Put back rows that a sync has deleted.",
    discussion: """
      A sync with `deletes: remove` keeps the rows that it deletes in pgtide.deleted, for as long as keep_deleted says. Without
      --apply this command tries to put them back, shows what came of it, and changes nothing. A row whose key or unique
      value another row has by now is left where it is. The next sync deletes them again, unless the source has them or the table keeps such rows.
      """)

  @OptionGroup var shared: SharedOptions

  @Option(name: .customLong("run"), help: ArgumentHelp("Only rows that this run has deleted.", valueName: "n"))
  var runID: Int?

  @Flag(help: "Put them back, and do not only try.")
  var apply = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug)
    try await reportingErrors(log) {
      let configuration = try shared.loadConfiguration()
      let undelete = Undelete(
        configuration, run: runID, isTrial: !apply, tracer: shared.tracer, logger: log.logger)
      let report = try await untilSignal(log) { try await undelete() }
      try Console.print(
        json ? ReportJSON.text(report) : UndeleteText(report).text, "what was done",
        ifLost: report.isTrial ? "Nothing was changed." : "The rows are back all the same.")
      return .success
    }
  }
}
