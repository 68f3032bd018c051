import ArgumentParser
import Logging
import PGTide
import Postgres
import UnixSignals

/// What a command says on the error output beside its progress: the run's log, and how the command itself ended. As
/// JSON everything is an event; as text the ends are said in the command's own words.
struct CommandLog: Sendable {
  let logger: Logger
  let output: LogOutput
  private let options: LogOptions

  init(_ options: LogOptions = LogOptions(), debug: Bool = false, quiet: Bool = false, output: LogOutput = LogOutput()) {
    self.options = options
    self.output = output
    let isJSON = options.format == .json
    let handler = LogLineHandler(
      logLevel: Self.level(options, debug: debug, quiet: quiet),
      // Failures stand in the report and in what the command says last.
      highest: !isJSON && options.level == nil ? .warning : .critical, format: options.format, output: output)
    logger = Logger(label: "pgtide") { _ in handler }
  }

  private static func level(_ options: LogOptions, debug: Bool, quiet: Bool) -> Logger.Level {
    let isJSON = options.format == .json
    if isJSON, debug { return .trace }
    if let level = options.level { return Logger.Level(level) }
    if quiet { return .error }
    return isJSON ? .info : .warning
  }

  var isJSON: Bool { options.format == .json }

  /// More than a warning now and then, which live bars would write over.
  var isTalkative: Bool { isJSON || (options.level.map { Logger.Level($0) < .warning } ?? false) }

  func interrupted(_ signal: UnixSignal) {
    let text = "\(signal == .sigint ? "interrupted" : "asked to end"); rolling back and cleaning up"
    guard isJSON else { return Console.error("pgtide: \(text)") }
    tell(.notice, "interrupted", text, ["signal": .string(signal == .sigint ? "SIGINT" : "SIGTERM")])
  }

  /// The command ended by itself, with whatever exit code.
  func ended(_ exit: PGTideExit) {
    guard isJSON else { return }
    tell(.info, "command_ended", "the command ends", ["exit_code": .stringConvertible(Int(exit.rawValue))])
  }

  func failed(_ error: any Error, _ exit: PGTideExit) {
    guard isJSON else {
      let advice = (error as? PostgresError)?.advice.map { "\n  what to do: \($0)" } ?? ""
      return Console.error("pgtide: \(error)\(advice)")
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
