import Postgres

/// What the comparison does about rows that stand in the stage in their short form.
///
/// Such a row may only be rejected. Any other verdict means that its parent has come, or was never missing: then the
/// whole row takes its place, and the comparison is made again.
extension MergePhase {
  /// Sends the short forms of the rows that were held back, once for all comparisons of the run.
  func stageHeldRows(_ tables: [TablePlan]) async throws {
    guard let held = keyCache?.held else { return }
    for table in tables where !held.isStaged(table.target) {
      guard let copy = HeldRowsCopy(table, held: held) else { continue }
      let bytes = try await context.targets.lend { connection in
        try await copy.sendShort(to: connection) { [context] in try await context.targets.hasCommitted($0) }
      }
      held.note(staged: table.target)
      context.log.rowsHeldBack(table, rows: held.rows(of: table.target))
      context.reports.change(table) { $0.keyCache?.bytesSaved -= bytes }
    }
  }

  func noteWholeRows(_ table: TablePlan, _ rows: Int, _ bytes: Int) {
    context.reports.change(table) { $0.keyCache?.bytesSaved -= bytes }
    context.log.heldRowsSent(table, rows: rows)
  }
}

extension MergePhase {
  func deltaMaker(_ tables: [TablePlan], on connection: Connection, beforeMerge: [TablePlan]) -> DeltaMaker {
    let counted = tables.map(\.target).filter { extracted.table($0).standing != nil }
    return DeltaMaker(
      connection: connection, run: context.run, group: tables, beforeMerge: beforeMerge, counted: Set(counted),
      held: keyCache?.held,
      onWholeRows: noteWholeRows)
  }
}

extension DeltaMaker {
  /// Sends whole what a comparison did not reject, inside its transaction. Returns whether there was any, so that the
  /// comparison has to be made again.
  func completeHeldRows(on connection: Connection) async throws -> Bool {
    guard let held else { return false }
    var hasSent = false
    for table in group {
      guard let copy = HeldRowsCopy(table, held: held) else { continue }
      while true {
        let ids = try await connection.query(HeldRowsSQL(table: table).release).rows.compactMap { row in
          row[0].flatMap(Int64.init)
        }
        guard !ids.isEmpty else { break }
        hasSent = true
        let bytes = try await copy.sendWhole(ids, to: connection)
        onWholeRows(table, ids.count, bytes)
      }
    }
    return hasSent
  }
}

/// The statements that take short forms out of the stage.
struct HeldRowsSQL {
  let table: TablePlan

  /// Rows taken at a time, so that memory does not grow with them.
  private static let page = 10_000

  /// Takes rows whose whole form is wanted out of stage and delta, and returns their numbers.
  var release: SQL {
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
