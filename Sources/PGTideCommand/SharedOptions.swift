import ArgumentParser
import FoundationEssentials
import PGTide
import Postgres

/// What all commands take: the configuration, the tables, and how much to say.
struct SharedOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config = "pgtide.yaml"

  @Argument(help: "Tables by their target names; * and ? stand for any characters. Without any: all tables.")
  var tables: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Tables to leave out: all names that follow, with the same wildcards.", valueName: "table"))
  var exclude: [String] = []

  @Flag(name: .long, help: "Show every SQL statement with its time, on the error output.")
  var debug = false

  @OptionGroup(title: "Log")
  var log: LogOptions

  /// Reads the file and keeps the selected tables.
  ///
  /// Throws: an error that carries its exit code.
  func loadConfiguration() throws -> SyncConfiguration {
    do {
      var configuration = try ConfigurationFile.read(path: config, environment: ProcessInfo.processInfo.environment)
      let selected = try TableSelection(include: tables, exclude: exclude).select(
        from: configuration.tables, in: configuration.target.schema)
      configuration.leftOut = configuration.tables.filter { table in !selected.contains { $0.target == table.target } }
      configuration.tables = selected
      return configuration
    } catch {
      throw CommandFailure(error.plain, .configuration)
    }
  }

  /// `nil` with a JSON log, in which statements are events.
  var tracer: StatementTracer? { debug && log.format == .text ? DebugTrace.print : nil }
}
