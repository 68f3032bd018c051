import ArgumentParser
import EphemeralPostgres
import PracticeData

/// The rows that a comparison is about.
enum BenchData: String, CaseIterable, ExpressibleByArgument {
  /// 15 tables of an office, 92,387 rows.
  case practice
  /// One table of four short columns, a million rows.
  case narrow
  /// One table of 64 columns, some 20 of them texts, 20,000 rows of about 2 kB.
  case wide

  var tables: [BenchTable] {
    switch self {
    case .practice: PracticeData.tables.map { BenchTable(source: $0.source, target: $0.target, key: $0.key) }
    case .narrow, .wide: [BenchTable(source: rawValue, target: rawValue, key: "id")]
    }
  }

  /// The same tables with a key that the target makes. The practice data have none.
  var twins: [BenchTable] { self == .practice ? [] : [BenchTable(source: rawValue, target: twin, key: "own_id")] }

  private var twin: String { "\(rawValue)_generated" }

  func rows(scale: Int) -> Int {
    switch self {
    case .practice: PracticeData.totalRows(scale: scale)
    case .narrow: 1_000_000 * scale
    case .wide: 20_000 * scale
    }
  }

  /// The columns with their types, and how each is made from the row's number `g`.
  private var columns: [(definition: String, value: String)] {
    switch self {
    case .practice: []
    case .narrow:
      [
        ("id bigint", "g"), ("owner integer", "g % 1000"), ("amount numeric(12,2)", "(g % 100000) / 100.0"),
        ("day date", "date '2020-01-01' + (g % 2000)::int"),
      ]
    case .wide:
      [("id bigint", "g")]
        + (1...63).map { number in
          switch number % 3 {
          case 0: ("c\(number) text", "repeat(md5((g + \(number))::text), \(number % 4 + 1))")
          case 1: ("c\(number) integer", "CASE WHEN g % \(number + 1) > 0 THEN g % 100 * \(number) END")
          default: ("c\(number) timestamptz", "timestamptz '2026-01-01' + g % 9999 * interval '\(number) s'")
          }
        }
    }
  }

  // MARK: - The two databases

  /// - Parameter rows: of one's own table; the practice data know their scale only.
  func load(source: PostgresDatabase, target: PostgresDatabase, scale: Int, rows: Int) async throws {
    if self == .practice {
      try await PracticeData.load(source: source, target: target, scale: scale)
      return
    }
    async let resetting: Void = reset(target: target)
    try await source.run(
      """
      CREATE TABLE \(rawValue) (\(columns.map(\.definition).joined(separator: ", ")));
      INSERT INTO \(rawValue)
      SELECT \(columns.map(\.value).joined(separator: ", ")) FROM generate_series(1, \(rows)) g
      """)
    try await resetting
  }

  /// The target's tables, empty.
  func reset(target: PostgresDatabase) async throws {
    if self == .practice { return try await PracticeData.reset(target: target) }
    let shared = columns.map(\.definition) + ["source text", "created_at timestamptz", "updated_at timestamptz"]
    try await target.run(
      """
      SET client_min_messages = warning;
      DROP TABLE IF EXISTS \(rawValue), \(twin);
      CREATE TABLE \(rawValue) (\(shared.joined(separator: ", ")), PRIMARY KEY (id));
      CREATE TABLE \(twin) (own_id bigserial PRIMARY KEY, \(shared.joined(separator: ", ")))
      """)
  }

  /// Changes so many rows of the source, spread over all of it.
  func edit(source: PostgresDatabase, rows: Int, of total: Int) async throws {
    guard rows > 0 else { return }
    if self == .practice {
      try await PracticeData.edit(source: source, rows: rows)
      return
    }
    let column = self == .narrow ? "owner" : "c1"
    try await source.run(
      """
      UPDATE \(rawValue) SET \(column) = coalesce(\(column), 0) + 1
      WHERE id % \(max(total / rows, 1)) = 0 AND id <= \(max(total / rows, 1) * rows)
      """)
  }

  /// Takes so many rows out of the source, from a table to which no other refers. ``putBack(source:)`` brings them back.
  func remove(source: PostgresDatabase, rows: Int, of total: Int) async throws {
    let (table, key) = leaf
    let chosen = self == .practice ? "true" : "\(key) % \(max(total / rows, 1)) = 0"
    try await source.run(
      """
      CREATE TABLE removed AS
      SELECT * FROM \(table) WHERE \(key) IS NOT NULL AND \(chosen) ORDER BY \(key) DESC LIMIT \(rows);
      DELETE FROM \(table) USING removed WHERE removed.\(key) = \(table).\(key)
      """)
  }

  func putBack(source: PostgresDatabase) async throws {
    try await source.run("INSERT INTO \(leaf.table) SELECT * FROM removed; DROP TABLE removed")
  }

  private var leaf: (table: String, key: String) { self == .practice ? ("jobtasks", "jt_id") : (rawValue, "id") }

  /// What pgtide is told.
  func configuration(source: String, target: String, for contender: Contender, deletes: Bool) -> String {
    let more = deletes ? "deletes: remove\n" : ""
    if self == .practice { return PracticeData.configuration(source: source, target: target) + "\n\(more)" }
    let table = contender == .generated ? "\(twin): {from: \(rawValue), key: generated, match: [id]}" : "\(rawValue):"
    func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
    return """
      source: \(quoted(source))
      target: \(quoted(target))
      origin: {column: source, ours: D}
      stamps: {created: created_at, updated: updated_at}
      tables:
        \(table)
      \(more)
      """
  }
}

/// One table of a comparison.
struct BenchTable {
  let source: String
  let target: String
  /// The target's primary key.
  let key: String
}
