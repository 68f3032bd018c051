import PostgresValues

/// The statements that take short forms out of the stage.
package struct HeldRowsSQL {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  /// Rows taken at a time, so that memory does not grow with them.
  private static let page = 10_000

  /// Takes rows whose whole form is wanted out of stage and delta, and returns their numbers.
  package var release: SQL {
    """
    WITH wanted AS (
      DELETE FROM \(table.stage.delta) WHERE ctid OPERATOR(pg_catalog.=) ANY (
        SELECT ctid FROM \(table.stage.delta)
          WHERE verdict OPERATOR(pg_catalog.=) \(literal: Verdict.heldBack) LIMIT \(Self.page))
      RETURNING row_id)
    DELETE FROM \(table.stage.stage) s USING wanted WHERE s.ctid OPERATOR(pg_catalog.=) wanted.row_id
    RETURNING s.\(StageTable.heldColumn)
    """
  }
}
