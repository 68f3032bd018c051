import Postgres

/// What a table's updates have done through foreign keys, as the session counts it.
struct CascadeGuard: Sendable {
  let table: TablePlan
  let before: [CascadeSQL.Reached]
  var after: [CascadeSQL.Reached]

  /// A relation of which rows were written.
  struct Written {
    let name: String
    /// `nil` where the server does not count.
    let updated: Int?
    let isRemoved: Bool
  }

  /// Those that the counters tell. Where the server does not count, all of them may have been written, and rows that can be
  /// deleted are taken for deleted, of which nothing is left to look at.
  var written: [Written] {
    let known = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    return after.compactMap { reached in
      let start = known[reached.name]
      let more = reached.updated.map { $0 - (start?.updated ?? 0) }
      let isRemoved = reached.removed.map { $0 > start?.removed ?? 0 } ?? true
      return more == 0 && !isRemoved ? nil : Written(name: reached.name, updated: more, isRemoved: isRemoved)
    }
  }
}

extension MergePhase {
  /// Makes sure that the tables' updates have written to no row that is not ours.
  ///
  /// - Parameter isDone: nothing was written since the guards' counters were read.
  ///
  /// Throws: ``RefusedRow`` where they have; the rows are to be found one by one.
  func check(_ guards: [CascadeGuard], isDone: Bool, on connection: Connection) async throws {
    var guards = guards.filter { $0.table.mayReachOthers && deltas.delta($0.table).updates > 0 }
    if !isDone {
      let now = try await connection.ask(.each(guards.map { CascadeSQL(table: $0.table).question }))
      for (place, reached) in now.enumerated() { guards[place].after = reached }
    }
    let tables = Dictionary(context.plan.tables.map { ($0.target.quoted, $0) }, uniquingKeysWith: { first, _ in first })
    for cascades in guards {
      for written in cascades.written {
        try await check(written, by: cascades.table, in: tables[written.name], on: connection)
      }
    }
  }

  /// - Parameter other: the table of the run that was written; `nil` for one whose rows are others'.
  private func check(
    _ written: CascadeGuard.Written, by table: TablePlan, in other: TablePlan?, on connection: Connection
  ) async throws {
    func refusal(_ what: String) -> RefusedRow {
      RefusedRow(error: MergeObstacle.writesToOthers.error(table, "its updates would \(what) rows of \(written.name)"))
    }
    if written.isRemoved { throw refusal("delete") }
    guard written.updated != 0, !table.mayWriteToOthers else { return }
    guard let other else {
      let count = CascadeSQL.count(in: SQL(raw: written.name), writtenBy: CascadeSQL.ownXID)
      if written.updated == nil, try await connection.query(count).rows.first?.int(0) == 0 { return }
      throw refusal("write to")
    }
    if let origin = other.origin {
      let sql = CascadeSQL.countOthers(in: other.targetRows, of: origin, writtenBy: CascadeSQL.ownXID)
      let others = try await connection.query(sql).rows.first?.int(0) ?? 0
      if others > 0 { throw refusal("write to \(others)") }
    }
    noteLostReferences(to: table, in: other)
  }

  /// Rows of ours that referred to updated ones refer to nothing now, unless the source brings them.
  private func noteLostReferences(to table: TablePlan, in other: TablePlan) {
    guard let rows = table.referrers.first(where: { $0.table == other.target })?.rows, rows.action != .cascade else {
      return
    }
    let notice =
      "its updates changed \(rows.columns.map(\.name).joined(separator: ", ")) of rows of \(other.label) that refer to it "
      + "(\(rows.action.name)). Those that the source brings get back what it has; others stay as they are now"
    context.reports.change(table) { if !$0.notices.contains(notice) { $0.notices.append(notice) } }
  }

  /// Gives rows back what the source has, and makes sure that this has written to no row that is not ours.
  func restoreGuarded(_ tables: [TablePlan], on connection: Connection) async throws {
    let writing = tables.filter { deltas.delta($0).updates > 0 && !$0.referrers.isEmpty }
    guard !writing.isEmpty else { return }
    let before = try await connection.ask(.each(writing.map { CascadeSQL(table: $0).question }))
    guard try await restore(tables, on: connection) else { return }
    let guards = zip(writing, before).map { CascadeGuard(table: $0, before: $1, after: $1) }
    try await check(guards, isDone: false, on: connection)
  }
}
