import EphemeralPostgres
import PracticeData

/// What a sync of the practice data must come to, worked out slowly and obviously: both tables are fetched whole and
/// compared in memory, row by row. It shares nothing with the engine.
struct PracticeModel {
  /// The verdict on each source row of a table that has no dirt.
  struct Counts: Equatable {
    var inserted = 0
    var updated = 0
    var unchanged = 0
    var protected = 0
  }

  let source: TestDatabase
  let target: TestDatabase

  /// The columns that both sides have, as the practice data's tables stand.
  private func columns(_ table: PracticeTable) async throws -> [String] {
    let mine = try await target.rows(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'public.\(table.target)'::regclass AND attnum > 0 ORDER BY attnum"
    )
    let theirs = try await source.rows(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'public.\(table.source)'::regclass AND attnum > 0")
    let known = Set(theirs.map { $0[0] })
    return mine.map { $0[0] }.filter { known.contains($0) }
  }

  /// What the next sync has to do with each table.
  func expected() async throws -> [String: Counts] {
    var expected: [String: Counts] = [:]
    for table in PracticeData.tables {
      let list = try await columns(table).joined(separator: ", ")
      let theirs = try await source.rows("SELECT \(table.key), ROW(\(list))::text FROM \(table.source)")
      let mine = try await target.rows("SELECT source, \(table.key), ROW(\(list))::text FROM \(table.target)")
      let standing = Dictionary(uniqueKeysWithValues: mine.map { ($0[1], $0) })
      var counts = Counts()
      for row in theirs {
        guard let row2 = standing[row[0]] else {
          counts.inserted += 1
          continue
        }
        if row2[0] != "D" && row2[0] != "NULL" {
          counts.protected += 1
        } else if Array(row2.dropFirst()) == row {
          counts.unchanged += 1
        } else {
          counts.updated += 1
        }
      }
      expected[table.target] = counts
    }
    return expected
  }
}
