import FoundationEssentials
import Logging

/// A log handler that writes one line an event.
struct LogLineHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  /// Levels above this are left out, because somebody else tells them.
  let highest: Logger.Level
  let format: LogOptions.Format
  let output: LogOutput

  init(
    logLevel: Logger.Level, highest: Logger.Level = .critical, format: LogOptions.Format, output: LogOutput
  ) {
    self.logLevel = logLevel
    self.highest = highest
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
    let line = LogLine(time: .now, level: event.level, message: "\(event.message)", fields: fields)
    output.write(format == .json ? line.json : line.text)
  }
}
