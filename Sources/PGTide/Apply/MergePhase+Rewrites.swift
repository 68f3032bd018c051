import Postgres

/// How a merge finds what triggers of the target made of its rows.
extension MergePhase {
  /// Compares what was written with what stands there now, in the merge's transaction, when every trigger has run.
  func rememberRewrites(of tables: [TablePlan], on connection: Connection) async throws {
    for table in tables where table.rewrites.isPossible && !table.setColumns.isEmpty {
      let delta = deltas.delta(table)
      guard delta.inserts + delta.updates > 0 else { continue }
      let rewrites = try await connection.ask(RewriteSQL(table: table).remember)
      note(table) { report in
        report.written = rewrites.found
        report.notRemembered = rewrites.found - rewrites.kept
        report.add(rewrites.columns)
      }
    }
  }

  /// Tells the columns of rows that were left alone.
  func noteRewrites(of tables: [TablePlan], on connection: Connection) async throws {
    let tables = tables.filter { deltas.delta($0).rewritten > 0 }
    let columns = try await connection.ask(
      .each(tables.map { Question(RewriteSQL(table: $0).columns) { $0.rows.first?.names(0) ?? [] } }))
    for (table, columns) in zip(tables, columns) {
      note(table) { report in
        report.leftAlone = deltas.delta(table).rewritten
        report.add(columns)
      }
    }
  }

  private func note(_ table: TablePlan, _ change: (inout RewriteReport) -> Void) {
    context.reports.change(table) { report in
      var rewrites = report.rewrites ?? RewriteReport()
      rewrites.triggers = table.rewrites.triggers.names.map(\.name)
      change(&rewrites)
      report.rewrites = rewrites.written + rewrites.leftAlone > 0 ? rewrites : nil
    }
  }
}

extension RewriteReport {
  fileprivate mutating func add(_ names: [Identifier]) {
    columns = Set(columns.map { Identifier($0) } + names).sorted().map(\.name)
  }
}
