import Foundation
import Logging
import PGTide

/// The code of the article `ObservingARun`.
struct ObservingARun {
  let configuration: SyncConfiguration

  func observe() async throws -> SyncReport {
    let (events, feed) = AsyncStream.makeStream(of: SyncEvent.self, bufferingPolicy: .bufferingNewest(1000))
    let sync = Sync(configuration) { feed.yield($0) }
    async let shown: Void = show(events)
    let report = try await sync.run()
    feed.finish()
    await shown
    return report
  }

  func show(_ events: AsyncStream<SyncEvent>) async {
    var rows: [String: Int] = [:]
    for await event in events {
      switch event {
      case .staged(let table, let more, _): rows[table, default: 0] += more
      case .finished(let report): print("\(report.table): \(report.status), \(report.counts.written) written")
      case .retrying(let table, let attempt, let error): print("\(table): attempt \(attempt) after \(error)")
      case .waiting(let other): print("waiting: \(other)")
      default: break
      }
    }
  }

  func log() async throws -> SyncReport {
    var logger = Logger(label: "sync")
    logger.logLevel = .debug
    let options = Sync.Options(isDryRun: true, logger: logger)
    let report = try await Sync(configuration, options: options).run()
    return report
  }

  func store(_ report: SyncReport, in file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(report).write(to: file, options: .atomic)
  }

  func load(from file: URL) throws -> SyncReport {
    try JSONDecoder().decode(SyncReport.self, from: Data(contentsOf: file))
  }
}
