import PGTide
import Postgres

/// What a run has left in the schema `pgtide` of the rows that were to be deleted.
struct KeptRows {
  /// By table name: whole rows that were deleted, by their columns' names.
  var deleted: [String: [[String: String?]]] = [:]
  /// By table name: how many rows are listed as not deleted.
  var staying: [String: Int] = [:]

  init(_ schema: RandomSchema, run: String, _ target: Connection) async throws {
    let rows = try await target.query(
      """
      SELECT d.table_name, d.deleted_id, e.key, e.value
      FROM pgtide.deleted d, jsonb_each_text(d.row_data) e WHERE d.run_id = \(bind: run)::bigint
      """)
    var found: [String: [String: [String: String?]]] = [:]
    for row in rows.rows { found[row.text(0), default: [:]][row.text(1), default: [:]][row.text(2)] = .some(row[3]) }
    deleted = found.mapValues { Array($0.values) }
    let listed = try await target.query(
      "SELECT table_name, count(*) FROM pgtide.protected WHERE reason = 'not deleted' GROUP BY 1")
    for row in listed.rows { staying[row.text(0)] = row.int(1) }
  }
}

extension Comparison {
  /// Each row that is gone is kept whole, and each that stays against its rule is listed; no other is.
  ///
  /// - Parameter before: the target as the model saw it.
  func differences(_ kept: KeptRows, before: DatabaseState) -> [String] {
    schema.runTables.flatMap { table -> [String] in
      let name = schema.tables[table].name
      guard let expected = expected[table] else { return [] }
      let isLanding = landings[table] == .lands
      var lines: [String] = []
      var left = kept.deleted[name] ?? []
      for number in isLanding ? expected.gone : [] {
        let row = before.tables[table].rows[number].values
        if let found = left.firstIndex(where: { $0 == row }) {
          left.remove(at: found)
        } else {
          lines.append("\(name): gone, and not kept whole: \(before.tables[table].rows[number].shown)")
        }
      }
      lines += left.map { "\(name): kept as deleted, but has not gone: \(DatabaseState.Row(values: $0).shown)" }
      let staying = kept.staying[name] ?? 0
      if isLanding, staying != expected.kept {
        lines.append("\(name): \(staying) rows are listed as not deleted, expected \(expected.kept)")
      }
      return lines
    }
  }
}
