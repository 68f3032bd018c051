import EphemeralPostgres

/// One statement that makes rows of one table dirty, and returns how many.
struct DirtStep {
  var kind: Dirt.Kind
  var table: String
  var rows: Int
  var sql: String

  func run(on database: PostgresDatabase) async throws -> DirtMade {
    let count = try await database.value(sql)
    return DirtMade(kind: kind, table: table, rows: Int(count) ?? 0)
  }

  /// Changes rows of the source in place.
  static func update(
    _ kind: Dirt.Kind, _ table: String, _ key: String, remainder: Int, rows: Int, set: String,
    widening column: String? = nil
  ) -> DirtStep {
    let widen = column.map { "ALTER TABLE \(table) ALTER COLUMN \($0) TYPE text;\n" } ?? ""
    let sql = """
      \(widen)WITH changed AS (
        UPDATE \(table) SET \(set) WHERE \(key) % 8 = \(remainder) AND \(key) <= 8 * \(rows) RETURNING 1
      ) SELECT count(*) FROM changed
      """
    return DirtStep(kind: kind, table: table, rows: rows, sql: sql)
  }

  /// Repeats rows of the source: every second copy exact, the others with another value in `column`.
  static func duplicate(_ table: String, _ key: String, rows: Int, column: String) -> DirtStep {
    let sql = """
      WITH copied AS (
        INSERT INTO \(table)
        SELECT (jsonb_populate_record(t, CASE WHEN \(key) % 16 = 2 THEN '{}' ELSE '{"\(column)": 9}' END::jsonb)).*
        FROM \(table) t WHERE \(key) % 8 = 2 AND \(key) <= 8 * \(rows) RETURNING 1
      ) SELECT count(*) FROM copied
      """
    return DirtStep(kind: .duplicateKeys, table: table, rows: rows, sql: sql)
  }

  /// Writes rows on the target as the app does, whether the key is new there or not.
  ///
  /// The organisation is set if the target has one already; the foreign keys of these tables all take NULL.
  static func insert(
    _ kind: Dirt.Kind, _ table: String, _ key: String, _ column: String, rows: Int, keys: String, text: String
  ) -> DirtStep {
    let sql = """
      WITH written AS (
        INSERT INTO \(table) (\(key), org_id, \(column), source)
        SELECT \(keys), (SELECT min(org_id) FROM orgmaster), '\(text), row ' || g, 'M'
        FROM generate_series(1, \(rows)) g
        ON CONFLICT (\(key)) DO UPDATE
          SET \(column) = excluded.\(column), source = excluded.source, updated_at = now()
        RETURNING 1
      ) SELECT count(*) FROM written
      """
    return DirtStep(kind: kind, table: table, rows: rows, sql: sql)
  }
}
