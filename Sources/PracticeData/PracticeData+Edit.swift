import EphemeralPostgres

extension PracticeData {
  /// Changes exactly `rows` rows of the source, the same ones every time, to values that really differ.
  ///
  /// They are spread over six tables, most of them in jobtasks, and have the highest keys: dirt has the lowest.
  /// - Returns: how many rows of which source table were changed.
  @discardableResult
  public static func edit(source: PostgresDatabase, rows: Int = 50) async throws -> [String: Int] {
    var changed: [String: Int] = [:]
    for part in shares(of: rows) where part.rows > 0 {
      let sql = """
        WITH chosen AS (
          SELECT ctid AS place FROM \(part.edit.table) WHERE \(part.edit.key) IS NOT NULL
          ORDER BY \(part.edit.key) DESC, ctid LIMIT \(part.rows)
        ), changed AS (
          UPDATE \(part.edit.table) SET \(part.edit.set) FROM chosen WHERE \(part.edit.table).ctid = place RETURNING 1
        ) SELECT count(*) FROM changed
        """
      changed[part.edit.table] = Int(try await source.value(sql))
    }
    let total = changed.values.reduce(0, +)
    guard total == rows else {
      throw ClusterError(
        "change \(rows) rows: only \(total) were there to change", hint: "use fewer rows or a larger scale")
    }
    return changed
  }

  /// A table to change, how to change a row so that it differs from what it was, and the most rows to change there.
  private struct Edit {
    var table: String
    var key: String
    var set: String
    var percent: Int
    var most: Int
  }

  private static let edits = [
    Edit(
      table: "climaster", key: "client_id", set: "clientname = 'Client ' || md5(coalesce(clientname, ''))",
      percent: 10, most: 700),
    Edit(
      table: "jobshead", key: "job_id", set: "act_man_min = (coalesce(act_man_min, 0) + 1) % 100000", percent: 24,
      most: 20000),
    Edit(
      table: "taskchecklist", key: "tc_id", set: "comments = 'Comment ' || md5(coalesce(comments, ''))", percent: 6,
      most: 1500),
    Edit(
      table: "workdiary", key: "wd_id", set: "minutes = (coalesce(minutes, 0) + 1) % 1000", percent: 4, most: 150),
    Edit(
      table: "mbreminder", key: "rem_id", set: "remduedate = coalesce(remduedate, date '2025-01-01') + 1", percent: 4,
      most: 100),
  ]

  private static let mostlyEdited = Edit(
    table: "jobtasks", key: "jt_id", set: "actual_man_min = (coalesce(actual_man_min, 0) + 1) % 100000", percent: 100,
    most: .max)

  /// At least one row for each table while there are enough; what the others do not take is left for jobtasks.
  private static func shares(of rows: Int) -> [(edit: Edit, rows: Int)] {
    var left = rows
    var shares: [(edit: Edit, rows: Int)] = []
    for edit in edits {
      let share = min(max(rows * edit.percent / 100, 1), edit.most, max(left - 1, 0))
      shares.append((edit, share))
      left -= share
    }
    return shares + [(mostlyEdited, left)]
  }
}
