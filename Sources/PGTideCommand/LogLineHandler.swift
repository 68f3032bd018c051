import FoundationEssentials
import Logging

/// A log handler that writes one line an event.
struct LogLineHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  /// Levels above this are left out, because somebody else tells them.
  let highest: Logger.Level
  /// Events that are left out for the same reason.
  let leavesOut: Set<String>
  let format: LogOptions.Format
  let output: LogOutput

  init(
    logLevel: Logger.Level, highest: Logger.Level = .critical, leavesOut: Set<String> = [], format: LogOptions.Format,
    output: LogOutput
  ) {
    self.logLevel = logLevel
    self.highest = highest
    self.leavesOut = leavesOut
    self.format = format
    self.output = output
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: Logging.LogEvent) {
    guard event.level <= highest else { return }
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
    if case .string(let name)? = fields["event"], leavesOut.contains(name) { return }
    let line = LogLine(time: .now, level: event.level, message: "\(event.message)", fields: fields)
    output.write(format == .json ? line.json : line.text)
  }
}
