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

/// One event, before it becomes text.
struct LogLine: Sendable {
  let time: Date
  let level: Logger.Level
  let message: String
  /// The event's name among the others, under `event`.
  let fields: Logger.Metadata

  /// `warning: jobtasks: attempt 2 of 3 follows (attempt=2, …)`.
  var text: String {
    let shown = fields.filter { $0.key != "event" && $0.key != "table" }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value)" }
    return "\(level): \(message)" + (shown.isEmpty ? "" : " (\(shown.joined(separator: ", ")))")
  }

  /// An object with `time`, `level`, `event` and `message` in front, and the other fields in the order of their names.
  var json: String {
    var members: [(String, Logger.MetadataValue)] = [
      ("time", .string(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))),
      ("level", .string(level.rawValue)), ("event", fields["event"] ?? "message"), ("message", .string(message)),
    ]
    let taken = Set(members.map(\.0))
    members += fields.filter { !taken.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return JSONText.object(members)
  }
}

/// Where log lines go: the error output, at once, or when nobody is drawing there any more.
final class LogOutput: Sendable {
  private let held = HeldLines()
  private let sink: @Sendable (String) -> Void

  init(_ sink: @escaping @Sendable (String) -> Void = Console.error) { self.sink = sink }

  func write(_ line: String) { if !held.keep(line) { sink(line) } }

  /// Keeps lines back until ``release()``: live bars would be drawn over them.
  func hold() { held.begin() }

  func release() { for line in held.end() { sink(line) } }
}
