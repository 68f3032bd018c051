import ArgumentParser
import EphemeralPostgres
import PracticeData

/// Which practice data the two servers have.
enum PracticeSet: String, CaseIterable, ExpressibleByArgument {
  /// Tables that need little said of them.
  case simple
  /// Tables as hard as real ones.
  case office

  /// What `up` writes beside the environment.
  var configurations: [(name: String, text: String)] {
    switch self {
    case .simple: [("pgtide.yaml", PracticeData.configuration)]
    case .office: [("pgtide.yaml", OfficeData.configuration), ("back.yaml", OfficeData.wayBack)]
    }
  }

  /// Fills the source and makes the target's tables. Returns what the source has, and the dirt in it.
  func load(
    source: PostgresDatabase, target: PostgresDatabase, scale: Int, hasDirt: Bool
  ) async throws -> (rows: Int, tables: Int, dirt: [String]) {
    switch self {
    case .simple:
      let made = try await PracticeData.load(
        source: source, target: target, scale: scale, dirt: hasDirt ? .some : .none)
      return (
        PracticeData.totalRows(scale: scale), PracticeData.tables.count,
        made.map { "\($0.rows) \($0.kind.rawValue) in \($0.table)" }
      )
    case .office:
      try await OfficeData.load(source: source, target: target, size: .real.times(scale))
      let made = hasDirt ? try await OfficeData.addDirt(source: source) : []
      let counts = OfficeData.tables.map { "(SELECT count(*) FROM \($0.source))" }.joined(separator: " + ")
      let rows = try await Int(source.value("SELECT \(counts)")) ?? 0
      return (rows, OfficeData.tables.count, made.map { "\($0.rows) \($0.what) in \($0.table)" })
    }
  }

  func reset(target: PostgresDatabase) async throws {
    switch self {
    case .simple: try await PracticeData.reset(target: target)
    case .office: try await OfficeData.reset(target: target)
    }
  }
}
