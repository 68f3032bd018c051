import Postgres

/// The statements that carry a table's refusals from one transaction to another.
package struct RefusedRowsSQL {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  /// Rows that the target itself refused have a message in the delta; so have those with a value that does not fit, which
  /// are found anew in each comparison.
  ///
  /// A row whose parent in the same table did not go in is left out as long as there are others: it is judged anew when
  /// those are rejected. It may be one of a ring of rows that only go in together, which parts have torn apart.
  package var read: SQL {
    let own = table.references.filter { $0.refers(to: table.target) }
      .map { Verdict.reject(.missingParent, $0.name.name) }
    let isTorn: SQL = own.isEmpty ? "false" : "verdict OPERATOR(pg_catalog.=) \(anyOf: own)"
    return """
      WITH refused AS (
        SELECT *, \(isTorn) AS is_torn FROM \(table.stage.delta)
        WHERE message IS NOT NULL
          AND pg_catalog.strpos(verdict, \(literal: Verdict.reject(.doesNotFit))) OPERATOR(pg_catalog.<>) 1)
      SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
        'row', row_id, 'verdict', verdict, 'subject', subject, 'message', message))
      FROM refused WHERE NOT is_torn OR NOT EXISTS (SELECT FROM refused others WHERE NOT others.is_torn)
      """
  }

  package func reject(_ refusals: String) -> SQL {
    """
    UPDATE \(table.stage.delta) d SET verdict = r.verdict, subject = r.subject, message = r.message
    FROM pg_catalog.json_to_recordset(\(bind: refusals)::pg_catalog.json)
      AS r ("row" pg_catalog.text, verdict pg_catalog.text, subject pg_catalog.text, message pg_catalog.text)
    WHERE d.row_id OPERATOR(pg_catalog.=) r."row"::pg_catalog.tid
      AND d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update])
    """
  }
}
