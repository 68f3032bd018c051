import PostgresValues

/// The statements that give what the schema `pgtide` has of a table the name that the configuration writes by now: `jobs` may
/// have become `public.jobs`. Otherwise its history, its rejects and its lists would be another table's. Deleted rows are found
/// by their relation.
package struct RenamedTableSQL: Sendable {
  private let label: String
  private let before: String
  private let flow: String
  private let relation: String

  /// `nil` where the table landed last under the same name.
  package init?(_ table: TablePlan) {
    guard let before = table.past.label else { return nil }
    (label, self.before, flow, relation) = (table.label, before, table.flow, table.target.quoted)
  }

  /// Where both names are there already, what the new one has stays.
  package var statements: [SQL] {
    [
      ofRuns(HistorySQL.runTables, but: "o.run_id OPERATOR(pg_catalog.=) t.run_id", isOfRelation),
      ofRuns(RejectSQL.rejects, but: nil, ""),
      """
      DELETE FROM \(ProtectedSQL.rows) t WHERE \(isOfFlow) AND EXISTS (SELECT FROM \(ProtectedSQL.rows) o
        WHERE o.flow OPERATOR(pg_catalog.=) t.flow AND o.table_name OPERATOR(pg_catalog.=) \(bind: label)::pg_catalog.text
          AND o.row_key OPERATOR(pg_catalog.=) t.row_key AND o.reason OPERATOR(pg_catalog.=) t.reason)
      """,
      "UPDATE \(ProtectedSQL.rows) t SET table_name = \(bind: label)::pg_catalog.text WHERE \(isOfFlow)",
    ]
  }

  private var wasNamed: SQL { "t.table_name OPERATOR(pg_catalog.=) \(bind: before)::pg_catalog.text" }
  private var isOfFlow: SQL { "t.flow OPERATOR(pg_catalog.=) \(bind: flow)::pg_catalog.text AND \(wasNamed)" }

  /// Another table may have had the name before.
  private var isOfRelation: SQL {
    " AND COALESCE(t.relation OPERATOR(pg_catalog.=) \(bind: relation)::pg_catalog.text, true)"
  }

  /// - Parameter other: which row `o` of the new name would be in the way of `t`; `nil`: none.
  private func ofRuns(_ table: QualifiedName, but other: SQL?, _ condition: SQL) -> SQL {
    let isFree = other.map { other -> SQL in
      """
      \n  AND NOT EXISTS (SELECT FROM \(table) o
          WHERE \(other) AND o.table_name OPERATOR(pg_catalog.=) \(bind: label)::pg_catalog.text)
      """
    }
    return """
      UPDATE \(table) t SET table_name = \(bind: label)::pg_catalog.text
      FROM \(HistorySQL.runs) r
      WHERE r.run_id OPERATOR(pg_catalog.=) t.run_id AND r.flow OPERATOR(pg_catalog.=) \(bind: flow)::pg_catalog.text
        AND \(wasNamed)\(condition)\(isFree ?? "")
      """
  }
}
