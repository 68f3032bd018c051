import Postgres

/// Rows of ours that the source no longer has.
extension MergePhase {
  /// Throws: ``SyncError`` with its brake, where it looks as if the source were wrong.
  func checkDeletes(_ tables: [TablePlan]) async throws {
    for table in tables {
      var deletes = deltas.delta(table).deletes
      guard var found = brake(table, deletes) else { continue }
      // A stage that the server has emptied when it restarted must not pass for an empty source.
      try table.check(Accounting.mergeMismatch(context.reports.report(table).counts))
      if found.brake == .tooMany, let question = DeleteSQL(table)?.heldByOthers {
        // Otherwise what can never go would stop every run.
        deletes -= try await context.targets.lend { try await $0.ask(question) }
        guard let again = brake(table, deletes) else { continue }
        found = again
      }
      var error = SyncError(
        table: table.target, message: "\(found.message), so nothing of it was written",
        advice: "Look at the source. If it is right, run with --allow-deletes \(table.label)=\(deletes)")
      error.brake = found.brake
      throw error
    }
  }

  private func brake(_ table: TablePlan, _ deletes: Int) -> (brake: DeleteBrake, message: String)? {
    let extracted = extracted.table(table.target)
    return table.deletes?.brake(
      deletes: deletes, ours: deltas.delta(table).ours(of: extracted), read: extracted.counts.read, past: table.past)
  }

  /// The tables with rows that are written in the same transaction as this one's.
  func writing(beside table: TablePlan) -> [TablePlan] {
    let together = context.plan.groups.filter { context.goal == .landTogether || $0.tables.contains(table.target) }
    return together.flatMap(\.tables).compactMap(context.plan.table).filter {
      deltas.delta($0).inserts + deltas.delta($0).updates > 0
    }
  }

  /// Rows to which the table's refer may have been deleted since it was compared.
  func mayHaveLostParents(_ table: TablePlan) -> Bool {
    guard deltas.delta(table).inserts + deltas.delta(table).updates > 0 else { return false }
    return context.plan.tables.contains { other in
      other.target != table.target && other.deletes != nil && table.references.contains { $0.refers(to: other.target) }
        && context.reports.report(other).counts.deleted > 0
    }
  }

  /// More is to go, once what refers to it has landed.
  func hasRest(_ table: TablePlan) -> Bool {
    context.goal == .landEach && table.deletes != nil && context.reports.report(table).counts.kept > 0
  }

  /// Deletes what could not go when its own table was written, children before parents. Returns what must stand or fall with
  /// it.
  ///
  /// - Parameter inParts: the target has refused to let a row go.
  func deleteRest(of tables: [TablePlan], inParts: Bool, on connection: Connection) async throws -> [SQL] {
    var records: [SQL] = []
    for table in tables.reversed() {
      var counts = context.reports.report(table).counts
      guard counts.kept > 0, let deletion = TableDeletion(table, deltas.delta(table), run: context.run) else {
        continue
      }
      try await deletion.run(on: connection, inParts: inParts, &counts)
      records += try landed(table, counts, since: .now, lists: false)
      let (opening, closing) = DeleteSQL.pins.lent
      records +=
        counts.kept == 0
        ? forgotten(table) : opening + [DeleteSQL(table)?.list(run: context.run)].compactMap(\.self) + [closing]
    }
    return records
  }

  /// The same when all tables have landed, each in a transaction of its own.
  func deleteRest() async throws {
    for table in context.plan.tables.reversed() where hasRest(table) {
      let landed = context.reports.report(table)
      guard landed.status == .success || landed.status == .partial else { continue }
      do {
        try await retrying([table]) {
          do {
            try await deleteRest(of: table, after: landed, inParts: false)
          } catch is RefusedRow {
            try await deleteRest(of: table, after: landed, inParts: true)
          }
        }
      } catch let error where error.endsRun {
        throw error
      } catch {
        let failure = SyncError(error, table: nil, while: "cleared of rows that the source no longer has").withoutTable
        context.reports.change(table) { report in
          report.counts = landed.counts
          report.status = .partial
          report.fail("\(failure)", summary: failure.messageWithoutValues)
        }
        try await write([table])
      }
    }
  }

  private func deleteRest(of table: TablePlan, after landed: TableReport, inParts: Bool) async throws {
    context.reports.change(table) { $0.counts = landed.counts }
    try await Landing(merge: self, tables: [table]).land(
      by: WayIn { connection in
        // What would wait for COMMIT could not be told from other rows' errors.
        if inParts { try await connection.query("SET CONSTRAINTS ALL IMMEDIATE") }
        return .statements(try await deleteRest(of: [table], inParts: inParts, on: connection))
      })
  }
}
