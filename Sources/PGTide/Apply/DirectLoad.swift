import Postgres
import Synchronization

/// Loads tables that are empty straight from the source: one transaction, in which the rows are copied, the foreign keys
/// proved and the sums checked. Large tables have one each; small ones share one, because its waits cost more than their rows.
///
/// Whatever gets in the way, from a key that comes twice to a lost connection, gives the load up: it is rolled back, and
/// the rows go through the stage, where each can be judged.
struct DirectLoad: Sendable {
  let context: RunContext
  let extraction: Extraction
  let merge: MergePhase
  let open: OpenLoads

  /// The tables that are empty now, among those for which it matters. They are asked about some hundred at a time: an
  /// answer has at most 1,664 columns (manual, appendix K), and a statement locks what it reads.
  static func emptyTables(of plan: SyncPlan, on connection: Connection) async throws -> Set<QualifiedName> {
    let alone = plan.tablesAlone
    let tables = plan.tables.filter {
      $0.direct.seemsEmpty && alone.contains($0.target)
        && ($0.direct.reasonForStage == nil || $0.digest.reasonForReading == nil)
    }
    var empty: Set<QualifiedName> = []
    for tables in tables.parts(of: 200) {
      do {
        guard let row = try await connection.query(DirectLoadSQL.empty(tables)).rows.first else { continue }
        empty.formUnion(tables.enumerated().filter { row.bool($0.offset) }.map(\.element.target))
      } catch is PostgresError {
        // Somebody has locked one of them, for which the merge will wait; or the session is lost, which the merge gets over.
        continue
      }
    }
    return empty
  }

  enum Outcome: Sendable, Equatable {
    case landed
    /// Nothing was written. `culprit` is the table that stood in the way, where that is known.
    case givenUp(culprit: QualifiedName?)
  }

  /// Copies the rows of these groups' tables, of which each has one, into them. Where that is done, the transaction is open
  /// (``OpenLoads``), and the load is taken up again by ``analyze(_:)``, ``prove(_:)`` or ``rollBack(_:)``.
  ///
  /// Returns how it ended, if it did. Throws only for what ends the whole run.
  func begin(_ groups: [MergeGroup]) async throws -> Outcome? {
    let tables = groups.flatMap(\.tables).compactMap(context.plan.table)
    let progress = Progress()
    return try await givingUp(tables, progress) {
      open.keep(try await landing(tables).explaining { try await load(tables, progress) })
    }
  }

  /// Proves what was copied, and commits it. What it refers to has landed.
  func prove(_ groups: [MergeGroup]) async throws -> Outcome {
    let load = open.take(groups)
    let outcome = try await givingUp(load.tables, load.progress) {
      try await commit(load)
      for table in load.tables {
        extraction.ledger.landDirectly(table.target)
        context.reports.change(table) { $0.isLoadedDirectly = true }
      }
      merge.announce(load.tables)
    }
    return outcome ?? .landed
  }

  /// Rolls back what was copied, because something to which it refers did not land.
  func rollBack(_ groups: [MergeGroup]) async throws -> Outcome {
    let load = open.take(groups)
    await load.rollBack(context.targets)
    let reason = DirectLoadObstacle(reason: "a table to which it refers did not land")
    return .givenUp(culprit: try await giveUp(load.tables, load.progress, because: reason, isStaged: false))
  }

  private func givingUp(
    _ tables: [TablePlan], _ progress: Progress, _ body: () async throws -> Void
  ) async throws -> Outcome? {
    do {
      try await body()
      return nil
    } catch let error where error.endsRun {
      throw error
    } catch {
      return .givenUp(culprit: try await giveUp(tables, progress, because: error))
    }
  }

  private func load(_ tables: [TablePlan], _ progress: Progress) async throws -> OpenLoad {
    for table in tables { context.log.directLoadBegun(table) }
    let loads = tables.map { TableLoad($0, isTogether: tables.count > 1) }
    do {
      return try await run(loads, progress)
    } catch {
      guard let load = loads[0].keepingIndexes(after: error, context) else { throw error }
      return try await run([load], progress)
    }
  }

  /// Begins a transaction, and copies the rows in it.
  private func run(_ loads: [TableLoad], _ progress: Progress) async throws -> OpenLoad {
    let tables = loads.map(\.table)
    // Types are compared by the names that the plan's session had for them, and times are read on the source.
    let pins = SessionPins.names + .localTimes
    let opening = Question.all(
      .running(loads.map(\.lock)), IntegritySQL.known(tables.map(\.target)), .running(pins.opening),
      .each(loads.map(\.looked)), .running(pins.closing), loads[0].rebuild,
      .running(loads.contains(where: \.isProved) ? [IntegritySQL.leaveTriggersOut] : []))
    let target = try await context.targets.borrow()
    do {
      let (identity, (_, known, _, looked, _, rebuild, _)) = try await target.begin(asking: opening)
      let taken = try await take(loads, known, looked)
      try await rebuild.begin(on: target)
      let copied = try await copy(taken, to: target, progress)
      try await rebuild.end(on: target, context)
      // What was read after the owner had lost its locks may be missing silently.
      try await extraction.source?.checkOwner()
      return OpenLoad(asked: loads, copied: copied, progress: progress, connection: target, transaction: identity)
    } catch {
      await target.rollBack()
      await context.targets.giveBack(target)
      throw error
    }
  }

  private func take(
    _ loads: [TableLoad], _ known: [QualifiedName: IntegrityFacts], _ looked: [(DirectLoadSQL.Look, TupleCounters)]
  ) async throws -> [TableLoad] {
    var taken: [TableLoad] = []
    for (load, (look, counted)) in zip(loads, looked) {
      taken.append(
        try await DirectLoadFailure.explaining(load.table) {
          var load = load
          try load.take(known, look, counted: counted)
          return load
        })
    }
    return taken
  }

  /// When this returns, the transaction stands.
  private func commit(_ load: OpenLoad) async throws {
    try await landing(load.tables).land(load, again: { try await run(load.asked, load.progress) }) {
      try conclusion($0.copied)
    }
  }

  private func landing(_ tables: [TablePlan]) -> Landing { Landing(merge: merge, tables: tables) }

  /// What has to be waited for gives the time to analyze the table. A transaction sees its own rows.
  func analyze(_ groups: [MergeGroup]) async throws -> Outcome? {
    let load = open.take(groups)
    return try await givingUp(load.tables, load.progress) {
      do {
        try await landing(load.tables).explaining {
          for one in load.copied { try await analyze(one, on: load.connection) }
        }
      } catch {
        await load.rollBack(context.targets)
        throw error
      }
      open.keep(load)
    }
  }

  private func analyze(_ load: TableLoad, on target: Connection) async throws {
    let table = load.table
    guard context.settings.analyze, table.analysis.isAllowed, AnalyzeRule.applies(to: load.counts, of: table) else {
      return
    }
    let start = ContinuousClock.now
    try await target.query(table.analysis.statement(table.target))
    context.log.analyzed(table, took: start.duration(to: .now))
    context.reports.change(table) { $0.isAnalyzed = true }
  }

  /// What proves the load, and what is written down of it.
  private func conclusion(_ loads: [TableLoad]) throws -> Conclusion {
    let start = ContinuousClock.now
    var records: [SQL] = []
    for load in loads {
      context.reports.take(load.extracted, of: load.table)
      context.reports.change(load.table) { $0.integrity = load.integrity }
      records += try merge.landed(load.table, load.counts, since: start)
    }
    return .check(
      Question.all(
        .running(loads.flatMap(\.inserts)), .each(loads.map { $0.proof(parentRows: merge.rowCount) }),
        .running(["SET CONSTRAINTS ALL IMMEDIATE" as SQL]), .each(loads.map(\.counters)), .running(records)
      ).map { _, orphans, _, counted, _ in
        if let orphans = orphans.compactMap(\.self).first {
          throw DirectLoadObstacle(reason: "rows lack their parent in \(orphans.key.parent)")
        }
        for (load, counted) in zip(loads, counted) { try load.check(counted) }
      })
  }

  /// Rows and bytes that were copied.
  final class Progress: Sendable {
    private let counted = Mutex<[QualifiedName: (rows: Int, bytes: Int)]>([:])

    func total(_ table: QualifiedName) -> (rows: Int, bytes: Int) { counted.withLock { $0[table] ?? (0, 0) } }

    func add(_ table: QualifiedName, rows: Int, bytes: Int) {
      counted.withLock { counted in
        let before = counted[table] ?? (0, 0)
        counted[table] = (before.rows + rows, before.bytes + bytes)
      }
    }
  }
}
