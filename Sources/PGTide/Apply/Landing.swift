import Postgres

/// The transaction in which tables land, whichever way their rows go in: the door behind the write, what it writes down,
/// what keeps it from being committed, and what has become of it when its COMMIT got no answer.
struct Landing: Sendable {
  let merge: MergePhase
  let tables: [TablePlan]
  /// The way may write to the tables, which are then asked whether they are as they were planned upon.
  var writes = true
  /// What an error says could not be done.
  var doing = "merged"

  private var context: RunContext { merge.context }

  /// Goes the way in a transaction of its own. When this returns, the transaction stands.
  func land<Opened: Sendable>(by way: WayIn<Opened>) async throws {
    try await committed { fence in
      try await context.targets.lend { connection in
        _ = try await connection.transaction(asking: way.opening, closing: { $0 + fence }) { opened in
          try await close(try await way.write(connection, opened), on: connection)
        }
      }
    }
  }

  /// The same in a transaction that is open, with the rows in it.
  ///
  /// - Parameter again: loads once more, if the transaction had to be rolled back because the run's lock was lost.
  func land(
    _ open: OpenLoad, again: () async throws -> OpenLoad, _ conclusion: @Sendable (OpenLoad) throws -> Conclusion
  ) async throws {
    var first: OpenLoad? = open
    try await committed { fence in
      let load = if let known = first { known } else { try await again() }
      first = nil
      try await load.end(context.targets) { connection in
        let closing = try await close(try conclusion(load), on: connection)
        try await connection.commit(load.transaction, after: closing + fence)
      }
    }
  }

  /// Runs `body`, which commits a transaction that ends with the statements it is given, and records these tables. Once more,
  /// if it was rolled back because the run's lock was lost: from what was counted before.
  private func committed(_ body: (_ fence: [SQL]) async throws -> Void) async throws {
    let before = tables.map { (merge.deltas.delta($0), context.reports.report($0).counts) }
    var isAgain = false
    do {
      try await explaining {
        try await context.underLock { mustBeHeld in
          if isAgain {
            for (table, (delta, counts)) in zip(tables, before) {
              merge.deltas.set([table.target: delta])
              context.reports.change(table) { $0.counts = counts }
            }
          }
          isAgain = true
          try await body(fence(lockMustBeHeld: mustBeHeld))
        }
      }
    } catch let error as UncertainCommit {
      guard try await stands(error) else { throw error.cause ?? CancellationError() }
    }
  }

  /// Fails where the run has lost its lock, or the tables are not as they were planned upon.
  func fence(lockMustBeHeld: SQL) -> [SQL] {
    (writes ? [CatalogSQL.mustBeAsPlanned(tables)] : []) + [lockMustBeHeld]
  }

  /// Asks what must be checked before COMMIT. Returns what can travel with it.
  private func close(_ conclusion: Conclusion, on connection: Connection) async throws -> [SQL] {
    try await merge.provePairs(of: tables, on: connection)
    try await merge.rememberRewrites(of: tables, on: connection)
    let closing: [SQL]
    switch conclusion {
    case .statements(let statements): closing = statements
    case .check(let question):
      try await connection.ask(question)
      closing = []
    }
    try await merge.moveSequences(of: tables, on: connection)
    return closing
  }

  /// Runs `body`, and says of the server's error what could not be done, and to which table.
  func explaining<R>(_ body: () async throws -> R) async throws -> R {
    do {
      return try await body()
    } catch let error as PostgresError {
      throw Self.explained(error, of: tables, while: doing)
    }
  }

  static func explained(_ error: PostgresError, of tables: [TablePlan], while doing: String) -> SyncError {
    if let change = TargetChange(error), tables.indices.contains(change.place - 1) {
      return change.error(tables[change.place - 1])
    }
    if PairingSQL.isChange(error) { return PairingSQL.error(tables) }
    return SyncError(error, table: tables.count == 1 ? tables[0].target : nil, while: doing)
  }

  /// Whether the transaction stands whose connection was lost at its COMMIT, and which records that these tables have
  /// landed.
  func stands(_ error: UncertainCommit) async throws -> Bool {
    let proof = HistorySQL.haveLanded(tables.map(\.label), run: context.run)
    let hasCommitted = try await context.targets.hasCommitted(error, proof: proof)
    context.log.commitLookedUp(hasCommitted: hasCommitted)
    return hasCommitted
  }
}

extension MergePhase {
  /// The statements that write down, inside its transaction, how a table has landed.
  ///
  /// Throws: ``SyncError`` when the sums do not match.
  ///
  /// - Parameter lists: its protected rows are listed, which the stage tells.
  func landed(
    _ table: TablePlan, _ counts: RowCounts, since start: ContinuousClock.Instant, lists: Bool = true
  ) throws -> [SQL] {
    try table.check(Accounting.mergeMismatch(counts))
    var counts = counts
    counts.targetOnly = counts.targetOnly ?? deltas.delta(table).targetOnly(of: extracted.table(table.target))
    context.reports.change(table) { [counts] report in
      report.counts = counts
      report.attempts += 1
      report.mergeSeconds += start.duration(to: .now).seconds
      (report.error, report.errorSummary) = (nil, nil)
    }
    var landed = context.reports.report(table)
    landed.status = counts.rejected == 0 ? .success : .partial
    return record(landed, of: table, lists: lists)
  }

  /// Tells that tables have landed.
  func announce(_ tables: [TablePlan]) {
    noteLanded(tables)
    handOut(tables)
  }

  func noteLanded(_ tables: [TablePlan]) {
    for table in tables {
      context.reports.change(table) { $0.status = $0.counts.rejected == 0 ? .success : .partial }
      context.log.mergeCommitted(context.reports.report(table))
    }
  }

  /// Hands out the reports of tables, of which nothing more is to be told.
  func handOut(_ tables: [TablePlan]) {
    for table in tables { context.observer(.finished(context.reports.report(table))) }
  }
}
