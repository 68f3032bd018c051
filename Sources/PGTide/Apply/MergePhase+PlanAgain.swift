import Postgres

/// Tables that were changed on the target between the plan and their COMMIT.
extension MergePhase {
  /// Plans these tables once more, with the target as it is now and the rows that were read for the first plan.
  ///
  /// Throws: `error`, where the new plan would read or stage them in another way, or there is none.
  func plannedAgain(_ tables: [TablePlan], because error: SyncError) async throws -> [TablePlan] {
    for table in tables { context.log.plannedAgain(table, because: error) }
    let now: SyncPlan
    do {
      now = try await context.targets.lend { try await planAgain($0) }
    } catch is PlanRefusal {
      throw error
    }
    return try tables.map { table in
      guard var again = now.table(table.target), takesSameRows(table, again) else { throw error }
      // What the rows were chosen by.
      again.changes = table.changes
      return table.readsChangesOnly ? again.readingChanges : again
    }
  }

  /// What was staged for the one plan is what the other would stage. Rows that a digest found level were compared with
  /// columns as they were.
  private func takesSameRows(_ first: TablePlan, _ second: TablePlan) -> Bool {
    first.stage.signature == second.stage.signature
      && first.stage.columns.map(\.select) == second.stage.columns.map(\.select)
      && first.key.columns.map(\.name) == second.key.columns.map(\.name)
      && extracted.table(first.target).counts.matched == 0
  }
}
