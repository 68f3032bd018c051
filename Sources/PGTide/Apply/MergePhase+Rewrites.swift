import Postgres

/// How a merge finds what triggers of the target made of its rows.
extension MergePhase {
  /// Compares what was written with what stands there now, in the merge's transaction, when every trigger has run.
  func rememberRewrites(of tables: [TablePlan], on connection: Connection) async throws {
    for table in tables where table.rewrites.isPossible && !table.setColumns.isEmpty {
      let delta = deltas.delta(table)
      guard delta.inserts + delta.updates > 0 else { continue }
      let answers = try await connection.batch(RewriteSQL(table: table).remember)
      guard let row = answers.last?.rows.first, let found = row.int(0) else { continue }
      note(table) { report in
        report.written = found
        report.notRemembered = found - (row.int(1) ?? 0)
        report.add(row.names(2))
      }
    }
  }

  /// Tells the columns of rows that were left alone.
  func noteRewrites(of tables: [TablePlan], on connection: Connection) async throws {
    let tables = tables.filter { deltas.delta($0).rewritten > 0 }
    let answers = try await connection.batch(tables.map { RewriteSQL(table: $0).columns })
    for (table, answer) in zip(tables, answers) {
      note(table) { report in
        report.leftAlone = deltas.delta(table).rewritten
        report.add(answer.rows.first?.names(0) ?? [])
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
