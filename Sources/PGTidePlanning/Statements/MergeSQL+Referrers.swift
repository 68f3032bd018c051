import PostgresValues

/// Updates that write to other rows through foreign keys which point at the table.
extension MergeSQL {
  /// Lock the rows whose referenced columns the delta's updates change, and then the rows of ours that refer to them. From
  /// then on nobody can come to refer to those, or claim these, until the transaction ends, so that the update's own guard
  /// sees all that its foreign keys will write to.
  package var locksOfReferrers: [SQL] {
    let guarded = table.referrers.filter(\.isGuarded)
    guard !guarded.isEmpty else { return [] }
    let changed = guarded.map { "(\($0.isChanged))" as SQL }.joined(separator: " OR ")
    let parents: SQL = """
      SELECT pg_catalog.count(*) FROM (
        SELECT FROM \(updated) AND (\(changed))
        FOR UPDATE OF t) locked
      """
    let children = guarded.compactMap { referrer -> SQL? in
      if case .others = referrer.rows.owner { return nil }
      return """
        SELECT pg_catalog.count(*) FROM (
          SELECT FROM (
            SELECT t.* FROM \(updated) AND \(referrer.isChanged)) t,
            \(referrer.rows.referring(to: "t", as: "c"))
          FOR UPDATE OF c) locked
        """
    }
    return [parents] + children
  }

  private var updated: SQL {
    """
    \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
        JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
        WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.update)
    """
  }

  /// Gives these columns back what the source has, in rows that an update of another row in the same transaction has
  /// written to after they were compared. A row that the delta rejects stays as it is.
  package func restore(_ columns: [ColumnPlan]) -> SQL {
    let assignments = columns.map { "\($0.name) = \($0.guardedValue)" as SQL }.joined(separator: ", ")
    let staged = columns.map(\.guardedValue).joined(separator: ", ")
    let standing = columns.map { "t.\($0.name)" as SQL }.joined(separator: ", ")
    let ours: SQL = table.origin.map { "\n  AND \($0.isOurs("t"))" } ?? ""
    let rewritten: SQL = RewriteSQL(table: table).isRemembered.map { "\n  AND NOT \($0)" } ?? ""
    return """
      UPDATE \(table.targetRows) t SET \(assignments)
      FROM \(table.stage.stage) s LEFT JOIN \(table.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
      WHERE \(table.key.matches(target: "t"))\(ours)\(rewritten)
        AND (d.verdict IS NULL OR d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update]))
        AND ROW(\(staged))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(standing))::pg_catalog.record
      """
  }
}
