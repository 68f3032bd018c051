import ArgumentParser
import Logging
import PGTide
import UnixSignals

/// What a command says on the error output beside its progress: the run's log, and how the command itself ended. As
/// JSON everything is an event; as text the ends are said in the command's own words.
struct CommandLog: Sendable {
  let logger: Logger
  let output: LogOutput
  /// The error output is for machines.
  let isJSON: Bool
  /// More than a warning now and then, which live bars would write over.
  let isTalkative: Bool

  /// - Parameters:
  ///   - level: `nil`: what the other options suggest.
  ///   - isReportSeen: a report follows on the same screen, which says all warnings again.
  init(
    format: LogOptions.Format = .text, level: Logger.Level? = nil, debug: Bool = false, quiet: Bool = false,
    isReportSeen: Bool = false, output: LogOutput = LogOutput()
  ) {
    self.output = output
    isJSON = format == .json
    let suggested: Logger.Level = quiet ? .error : isJSON ? .info : .warning
    let least = isJSON && debug ? .trace : level ?? suggested
    isTalkative = isJSON || least < .warning
    // Failures stand in the report and in what the command says last.
    let highest: Logger.Level = !isJSON && level == nil ? .warning : .critical
    let told: Set<String> = isReportSeen && !isJSON && level == nil ? ["warned"] : []
    logger = Logger(label: "pgtide") { _ in
      LogLineHandler(
        logLevel: least, highest: highest, leavesOut: told, format: format, output: output)
    }
  }

  func interrupted(_ signal: UnixSignal) {
    let (what, name) =
      switch signal {
      case .sigint: ("interrupted", "SIGINT")
      case .sighup: ("the terminal or session has gone", "SIGHUP")
      default: ("asked to end", "SIGTERM")
      }
    let text = "\(what); rolling back and cleaning up"
    guard isJSON else { return output.write("pgtide: \(text)") }
    tell(.notice, "interrupted", text, ["signal": .string(name)])
  }

  /// What goes wrong while the command fails of something else.
  func failedBeside(_ error: any Error) {
    guard isJSON else { return Console.error("pgtide: \(error.plain)") }
    tell(.error, "output_failed", "the output cannot be written", LoggedError.fields(error))
  }

  /// The command ended by itself, with whatever exit code.
  func ended(_ exit: PGTideExit) {
    guard isJSON else { return }
    tell(.info, "command_ended", "the command ends", ["exit_code": .stringConvertible(Int(exit.rawValue))])
  }

  func failed(_ error: any Error, _ exit: PGTideExit) {
    guard isJSON else {
      let advice = (error as? ServerError)?.advice.map { "\n  what to do: \($0)" } ?? ""
      return Console.error("pgtide: \(error.plain)\(advice)")
    }
    var fields = LoggedError.fields(error)
    fields["exit_code"] = .stringConvertible(Int(exit.rawValue))
    tell(.error, "command_ended", "the command fails", fields)
  }

  private func tell(_ level: Logger.Level, _ event: String, _ message: String, _ fields: Logger.Metadata) {
    logger.log(
      level: level, "\(message)", metadata: fields.merging(["event": .string(event)]) { _, name in name })
  }
}
