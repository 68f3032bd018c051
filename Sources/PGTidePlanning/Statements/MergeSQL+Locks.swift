import PostgresValues

/// Updates beside somebody's locks. A statement that waits for a row keeps those that it has met before, even one that it then
/// leaves alone because its owner has claimed it meanwhile. So locked rows are passed over, and waited for by themselves.
extension MergeSQL {
  /// Updates the rows of the delta that nobody else has locked.
  package var updateFree: SQL { updateFree(isUpdate) }

  /// Of those that this transaction has not written, the ones that nobody has locked any more.
  package var updateFreeAgain: SQL { updateFree("\(isPending) AND \(isForeignVersion)") }

  /// Waits until one of the rows that were passed over can be locked, and lets it go again.
  package var waitForRow: [SQL] {
    [
      "SAVEPOINT pgtide_wait",
      """
      SELECT FROM \(met("\(isPending) AND \(isForeignVersion)"))
      LIMIT 1 FOR \(strength) OF t
      """,
      "ROLLBACK TO SAVEPOINT pgtide_wait", "RELEASE SAVEPOINT pgtide_wait",
    ]
  }

  private var isUpdate: SQL { "d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.update)" }

  private func updateFree(_ condition: SQL) -> SQL {
    let free: SQL = """
      free AS MATERIALIZED (
        SELECT d.row_id FROM \(met(condition))
        FOR \(strength) OF t SKIP LOCKED
      )
      """
    return update(
      .delta(condition), only: (free, "d.row_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT f.row_id FROM free f))"))
  }

  /// The delta's rows `d` with the target's rows `t` that are ours to write.
  private func met(_ condition: SQL) -> SQL {
    let ours: SQL = table.origin.map { " AND \($0.isOurs("t"))" } ?? ""
    return """
      \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
        JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
        WHERE \(condition)\(ours)
      """
  }

  /// What the update itself takes: more where it may change what others refer to (manual, "13.3.2 Row-Level Locks").
  private var strength: SQL {
    table.setColumns.contains(where: \.isKey) || !table.referrers.isEmpty ? "UPDATE" : "NO KEY UPDATE"
  }
}
