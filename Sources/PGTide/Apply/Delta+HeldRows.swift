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
