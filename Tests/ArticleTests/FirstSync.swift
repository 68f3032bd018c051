import Foundation
import PGTide

/// The code of the article `FirstSync`.
enum FirstSync {
  static func fromFile() throws -> SyncConfiguration {
    let configuration = try ConfigurationFile.read(
      path: "pgtide.yaml", environment: ProcessInfo.processInfo.environment)
    return configuration
  }

  static func inCode() -> SyncConfiguration {
    let configuration = SyncConfiguration(
      source: EndConfiguration(connection: "service=office"),
      target: EndConfiguration(connection: "service=hosted", schema: "app"),
      origin: .marker(column: "source", ours: "office"),
      settings: RunSettings(jobs: 4, maxRejects: 100),
      tables: [
        TableConfiguration(target: TableName(name: "people"), skip: ["photo"]),
        TableConfiguration(target: TableName(schema: "hr", name: "teams"), onUpdate: .allow),
      ])
    return configuration
  }

  static func look(_ configuration: SyncConfiguration) async throws {
    let plan = PlanSummary(try await Sync(configuration).plan())
    for table in plan.tables {
      print("\(table.table) from \(table.source): \(table.chunks) chunks, \(table.load)")
    }
  }

  static func run(_ configuration: SyncConfiguration) async throws {
    let report = try await Sync(configuration).run()
    for table in report.tables where table.status != .success {
      print("\(table.table): \(table.error ?? "\(table.counts.rejected) rows rejected")")
    }
  }
}
