import Postgres

/// Rows of ours that the source no longer has.
extension MergePhase {
  /// Throws: ``SyncError`` with its brake, where it looks as if the source were wrong.
  func checkDeletes(_ tables: [TablePlan]) throws {
    for table in tables {
      guard let deletes = table.deletes else { continue }
      let (delta, extracted) = (deltas.delta(table), extracted.table(table.target))
      guard
        let (brake, message) = deletes.brake(
          deletes: delta.deletes, ours: delta.ours(of: extracted), read: extracted.counts.read, past: table.past)
      else { continue }
      // A stage that the server has emptied when it restarted must not pass for an empty source.
      try table.check(Accounting.mergeMismatch(context.reports.report(table).counts))
      var error = SyncError(
        table: table.target, message: "\(message), so nothing of it was written",
        advice: "Look at the source. If it is right, run with --allow-deletes \(table.label)=\(delta.deletes)")
      error.brake = brake
      throw error
    }
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
  func deleteRest(of tables: [TablePlan], on connection: Connection) async throws -> [SQL] {
    var records: [SQL] = []
    for table in tables.reversed() {
      var counts = context.reports.report(table).counts
      guard counts.kept > 0, let deletion = TableDeletion(table, deltas.delta(table), run: context.run) else {
        continue
      }
      try await deletion.run(on: connection, &counts)
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
          context.reports.change(table) { $0.counts = landed.counts }
          try await Landing(merge: self, tables: [table]).land(
            by: WayIn { .statements(try await deleteRest(of: [table], on: $0)) })
        }
      } catch let error where error.endsRun {
        throw error
      } catch {
        let failure = SyncError(error, table: nil, while: "cleared of rows that the source no longer has").withoutTable
        context.reports.change(table) { report in
          report.counts = landed.counts
          report.fail("\(failure)", summary: failure.messageWithoutValues)
        }
        try await write([table])
      }
    }
  }
}
