import ArgumentParser
import PGTide

/// `pgtide init-metadata`: creates what a sync keeps beside the rows.
struct InitMetadataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init-metadata",
    abstract: "Create the schema pgtide and the status table on the target.",
    discussion: """
      A sync creates them by itself when it may. Where it may not, print the statements for somebody who may:

        pgtide init-metadata --print-sql
      """)

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Print the statements instead of running them.")
  var printSQL = false

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug)
    try await reportingErrors(log) {
      let configuration = try shared.loadConfiguration()
      let options = Sync.Options(tracer: shared.tracer, logger: log.logger)
      let statements = try await untilSignal(log) { [printSQL] in
        try await Sync(configuration, options: options).initializeMetadata(isPrintOnly: printSQL)
      }
      if printSQL {
        try Console.print(statements.joined(separator: "\n\n"), "the statements")
      } else {
        try Console.print(
          "The schema pgtide and the status table are there, with a row for each of the tables.", "what was done",
          ifLost: "It was done all the same.")
      }
      return .success
    }
  }
}
