import FoundationEssentials
import Logging

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
