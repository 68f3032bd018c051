import Postgres

/// Rows that an update of another row writes to, through their foreign keys (ON UPDATE CASCADE, SET NULL, SET DEFAULT).
extension MergePhase {
  /// Passes in which what is given back is itself referred to, before the merge gives up.
  private static let passes = 5

  /// Those of `tables` through whose updates, or through what these write, rows of `table` may have been written to.
  func writers(to table: TablePlan, among tables: [TablePlan]) -> [TablePlan] {
    var written = tables.filter { deltas.delta($0).updates > 0 }
    var seen = Set(written.map(\.target))
    var next = 0
    while next < written.count {
      for child in tables where written[next].mayWrite(to: child.target) && seen.insert(child.target).inserted {
        written.append(child)
      }
      next += 1
    }
    return written.filter { $0.mayWrite(to: table.target) }
  }

  /// Rows of the table may have been written to since they were compared, by a table that merged before it.
  func wasWrittenTo(_ table: TablePlan) -> Bool {
    writers(to: table, among: context.plan.tables).contains { $0.target != table.target }
  }

  /// Gives rows back what the source has, where updates in the same transaction have written to them. Their own updates
  /// were written before, or are the same. Returns whether there were any.
  func restore(_ tables: [TablePlan], on connection: Connection) async throws -> Bool {
    let written = tables.compactMap { table -> (table: TablePlan, sql: SQL)? in
      let referring = Set(
        writers(to: table, among: tables).flatMap(\.referrers)
          .filter { $0.table == table.target }.flatMap(\.columns))
      let columns = table.setColumns.filter { referring.contains($0.name) }
      return columns.isEmpty ? nil : (table, MergeSQL(table: table).restore(columns))
    }
    guard !written.isEmpty else { return false }
    for pass in 1...Self.passes {
      var restored = 0
      for (table, sql) in written {
        do {
          restored += try await connection.query(sql).affectedRows
        } catch let error as PostgresError {
          throw SyncError(error, table: table.target, while: "merged")
        }
      }
      if restored == 0 { return pass > 1 }
    }
    throw MergeObstacle.restlessRows.error(
      written[0].table, "its foreign keys with ON UPDATE keep changing rows that refer to each other")
  }
}
