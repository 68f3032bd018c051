import ArgumentParser
import Logging

/// How a run's decisions are logged.
struct LogOptions: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    /// Live progress, and a line for what needs attention.
    case text
    /// One JSON object a line, and no progress.
    case json
  }

  enum Level: String, ExpressibleByArgument, CaseIterable {
    case trace, debug, info, notice, warning, error
  }

  @Option(
    name: .customLong("log-format"),
    help: "What the error output is: text, with progress; or json, one object a line.")
  var format = Format.text

  @Option(
    name: .customLong("log-level"),
    help: "How much is logged. Without it: warnings as text, from info on as JSON, errors with --quiet.")
  var level: Level?

  func commandLog(
    debug: Bool, quiet: Bool = false, isReportSeen: Bool = false, output: LogOutput = LogOutput()
  ) -> CommandLog {
    CommandLog(
      format: format, level: level.map { Logger.Level($0) }, debug: debug, quiet: quiet, isReportSeen: isReportSeen,
      output: output)
  }
}

extension Logger.Level {
  init(_ level: LogOptions.Level) {
    self =
      switch level {
      case .trace: .trace
      case .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      }
  }
}
