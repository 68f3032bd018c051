import Logging
import Synchronization

/// A logger that keeps what it is told.
struct CapturedLog: Sendable {
  struct Line: Sendable {
    var level: Logger.Level
    var message: String
    var fields: [String: String]

    var event: String { fields["event"] ?? "" }
  }

  let logger: Logger
  private let kept: Kept

  init(level: Logger.Level = .debug) {
    let kept = Kept()
    self.kept = kept
    logger = Logger(label: "test") { _ in Handler(logLevel: level, kept: kept) }
  }

  var lines: [Line] { kept.lines.withLock(\.self) }

  func lines(_ event: String) -> [Line] { lines.filter { $0.event == event } }

  private final class Kept: Sendable {
    let lines = Mutex<[Line]>([])
  }

  private struct Handler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let kept: Kept

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }.mapValues { "\($0)" }
      kept.lines.withLock { $0.append(Line(level: event.level, message: "\(event.message)", fields: fields)) }
    }
  }
}
