import PGTide
import Testing

extension Scenario {
  /// A sync with digests: of the table `t`, unless others are given.
  func syncByDigest(_ tables: [TableConfiguration]? = nil) async throws -> SyncReport {
    var configuration = configuration(tables ?? [TableConfiguration(target: TableName(name: "t"))])
    configuration.settings.digest = .auto
    return try await sync(configuration)
  }
}
