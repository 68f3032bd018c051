import Postgres

/// The target at one moment, read while nobody writes.
struct TargetState: Sendable {
  struct Row: Sendable, Hashable {
    var row: SuiteRow
    /// `D` for the office's rows.
    var marker: String?
  }

  /// By table and key.
  var rows: [String: [Int: Row]] = [:]
  /// Rows that stand there twice, in words.
  var doubled: [String] = []
  /// What the newest run's history says of each table; empty when no run began since `after`.
  var history: [String: String] = [:]
  /// What the users' status table says of each table, as far as it was written since the round began.
  var status: [String: String] = [:]
  var newestRun = 0
  /// What has been deleted and kept since a run, by table and key: each time it was.
  var deleted: [String: [Int: [SuiteRow]]] = [:]
  /// Keys of rows that are listed as not deleted, by table.
  var staying: [String: Set<Int>] = [:]

  /// - Parameters:
  ///   - run: the newest run before this one.
  ///   - round: the newest run before the round.
  static func read(
    _ connection: Connection, after run: Int, round: Int, since start: String
  ) async throws -> TargetState {
    var state = TargetState()
    for table in SuiteTable.all {
      let answer = try await connection.query("SELECT id, ref, note, n, source FROM \(table.qualified)")
      for row in answer.rows {
        let found = Row(row: SuiteRow(ref: row.int(1), note: row.text(2), n: row.int(3) ?? 0), marker: row[4])
        state.take(found, key: row.int(0) ?? 0, of: table.name)
      }
    }
    try await state.readHistory(connection, after: run, since: start)
    try await state.readDeleted(connection, after: round)
    return state
  }

  mutating func take(_ row: Row, key: Int, of table: String) {
    guard let other = rows[table, default: [:]].updateValue(row, forKey: key) else { return }
    doubled.append("\(table): \(key) stands there as \(other) and as \(row)")
  }

  private mutating func readDeleted(_ connection: Connection, after run: Int) async throws {
    let found = try await connection.query("SELECT to_regclass('pgtide.deleted') IS NOT NULL")
    guard found.rows.first?.bool(0) == true else { return }
    let gone = try await connection.query(
      """
      SELECT table_name, row_data ->> 'id', row_data ->> 'ref', row_data ->> 'note', row_data ->> 'n'
      FROM pgtide.deleted WHERE run_id > \(run)
      """)
    for row in gone.rows {
      let kept = SuiteRow(ref: row.int(2), note: row.text(3), n: row.int(4) ?? 0)
      deleted[row.text(0), default: [:]][row.int(1) ?? 0, default: []].append(kept)
    }
    let listed = try await connection.query(
      """
      SELECT table_name, COALESCE(row_key ->> 'id', target_row ->> 'id') FROM pgtide.protected
      WHERE reason = 'not deleted'
      """)
    for row in listed.rows { staying[row.text(0), default: []].insert(row.int(1) ?? 0) }
  }

  private mutating func readHistory(_ connection: Connection, after run: Int, since start: String) async throws {
    // Before the first run there is no such table.
    let found = try await connection.query(
      "SELECT to_regclass('pgtide.run_tables') IS NOT NULL, to_regclass('status.sync_status') IS NOT NULL")
    if found.rows.first?.bool(0) == true {
      newestRun = try await connection.query("SELECT max(run_id) FROM pgtide.runs").rows.first?.int(0) ?? 0
      if newestRun > run {
        let tables = try await connection.query(
          "SELECT table_name, status FROM pgtide.run_tables WHERE run_id = \(newestRun)")
        for row in tables.rows { history[row.text(0)] = row.text(1) }
      }
    }
    if found.rows.first?.bool(1) == true {
      let tables = try await connection.query(
        """
        SELECT table_name, sync_status FROM status.sync_status
        WHERE updated_at >= \(bind: start)::timestamptz AND sync_status <> 'pending'
        """)
      for row in tables.rows { status[row.text(0)] = row.text(1) }
    }
  }
}
