import EphemeralPostgres

/// What somebody did to some rows of one table.
public struct OfficeChange: Sendable, Hashable {
  /// In a word or two: "changed", "deleted".
  public let what: String
  public let table: String
  public let rows: Int
}

/// A statement that does it, without its RETURNING.
struct OfficeStep {
  var what: String
  var table: String
  var sql: String

  init(_ what: String, _ table: String, _ sql: String) {
    self.what = what
    self.table = table
    self.sql = sql
  }

  func run(on database: PostgresDatabase) async throws -> OfficeChange {
    let count = try await database.value("WITH done AS (\(sql) RETURNING 1) SELECT count(*) FROM done")
    return OfficeChange(what: what, table: table, rows: Int(count) ?? 0)
  }
}

extension [OfficeStep] {
  func run(on database: PostgresDatabase) async throws -> [OfficeChange] {
    var changes: [OfficeChange] = []
    for step in self { changes.append(try await step.run(on: database)) }
    return changes
  }
}
