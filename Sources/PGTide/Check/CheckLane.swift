import Postgres
import Synchronization

/// One session of the target that compares rows: of one set of connected tables after the other, in temporary tables of
/// its own.
struct CheckLane: Sendable {
  let context: CheckContext
  let connection: Connection

  /// What was found of a table.
  struct Found: Sendable {
    /// Rows of each kind and verdict.
    var counts: [Count]
    var lines: [RowDifference] = []
    /// Under which the values of the statements are read as they were written.
    var settings: [String]?
    /// Staged rows that stand on the target as they are.
    var unchanged = 0
    var seconds = 0.0

    struct Count: Sendable {
      var kind: DifferenceKind
      var verdict: String
      var rows: Int
    }

    var isEmpty: Bool { counts.isEmpty }
  }

  /// Makes the temporary tables, and looks for the first time.
  func begin(_ tables: [RowsToCompare], from source: OpenSource) async throws -> [QualifiedName: Found] {
    guard !context.plan.target.isStandby else {
      throw SyncError(
        message: "its rows have to be compared one by one, because its digests differ or it has none; a standby as the "
          + "target takes no temporary tables for that",
        advice: "Compare with its primary")
    }
    do {
      try await connection.batch([SQL.beginWriting] + tables.flatMap(\.sql.create) + ["COMMIT"])
    } catch let error as PostgresError where error.sqlState == SQLState.insufficientPrivilege {
      let (user, database) = (context.plan.target.user, context.plan.target.database)
      throw SyncError(
        message: "\(user) may not create temporary tables in the database \(database) of the target, into which the "
          + "source's rows are read to be compared",
        advice: "GRANT TEMPORARY ON DATABASE \(Identifier(database).quoted) TO \(Identifier(user).quoted)", cause: error
      )
    }
    let found = try await look(.first, at: tables, from: source)
    if found.values.allSatisfy(\.isEmpty) { try await drop(tables) }
    return found
  }

  /// Looks once more at tables in which something was found, and tells what has not passed.
  func confirm(_ tables: [RowsToCompare], from source: OpenSource) async throws -> [QualifiedName: Found] {
    try await connection.batch(tables.flatMap(\.sql.empty))
    let found = try await look(.second, at: tables, from: source)
    try await drop(tables)
    return found
  }

  private func drop(_ tables: [RowsToCompare]) async throws { try await connection.batch(tables.map(\.sql.drop)) }

  // MARK: - One look

  private func look(
    _ look: CheckSQL.Look, at tables: [RowsToCompare], from source: OpenSource
  ) async throws -> [QualifiedName: Found] {
    for rows in tables { try await stage(rows, from: source) }
    // Groups of tables with values that the target's types refuse; these are found first.
    var misfits: Set<[QualifiedName]> = []
    while true {
      do {
        return try await compare(tables, look, misfits: misfits)
      } catch let error as MisfitsFound where !misfits.contains(error.group) {
        misfits.insert(error.group)
      }
    }
  }

  private struct MisfitsFound: Error { var group: [QualifiedName] }

  private func stage(_ rows: RowsToCompare, from source: OpenSource) async throws {
    for chunk in rows.chunks {
      try await context.retry.run(beforeRetry: { _, _ in try await source.checkOwner() }) {
        do {
          try await carry(chunk, of: rows.table.plan, from: source)
        } catch {
          guard
            let marked = try await rows.table.plan.withoutUnreadable(
              chunk, after: error, of: context.plan, from: source)
          else { throw error }
          try await carry(marked, of: rows.table.plan, from: source)
        }
      }
    }
    // What was read after the owner had lost its locks may be missing silently.
    try await source.checkOwner()
  }

  private func carry(_ chunk: Chunk, of table: TablePlan, from source: OpenSource) async throws {
    let copy = ChunkCopy(
      chunk: chunk, copyIn: table.stage.copyIn(chunk.format), fieldCount: table.stage.columns.count,
      cutAfter: context.settings.chunkBytes, bufferBytes: context.settings.bufferBytes,
      // The rows have gone with the session.
      hasCommitted: { _ in false }, progress: { _, _ in })
    _ = try await source.lend { try await copy.run(from: $0, to: connection) }
  }

  /// Compares what is staged with one state of the target.
  private func compare(
    _ tables: [RowsToCompare], _ look: CheckSQL.Look, misfits: Set<[QualifiedName]>
  ) async throws -> [QualifiedName: Found] {
    let pins =
      SessionPins.comparison + SessionPins.display
      + (tables.contains { !$0.table.plan.textPins.isEmpty } ? .values : .none)
    do {
      try await connection.batch([CheckContext.beginLooking, pins.statement])
      var found: [QualifiedName: Found] = [:]
      for group in groups(of: tables) {
        let names = group.map(\.table.name)
        let deltas = try await classify(group, among: tables, leavesMisfitsOut: misfits.contains(names))
        for (rows, delta) in zip(group, deltas) {
          let counts = try await list(rows, look, leavesMisfitsOut: misfits.contains(names))
          found[rows.table.name] = Found(counts: counts, unchanged: delta.unchanged - delta.rewritten)
        }
      }
      if look == .second {
        let settings = context.options.makesStatements ? try await connection.ask(DisplaySettings.question) : nil
        for rows in tables {
          found[rows.table.name]?.lines = try await lines(of: rows)
          found[rows.table.name]?.settings = settings
        }
      }
      try await connection.batch(["COMMIT"])
      return found
    } catch {
      await connection.rollBack()
      throw error
    }
  }

  /// The tables as they would merge together, parents first.
  private func groups(of tables: [RowsToCompare]) -> [[RowsToCompare]] {
    context.plan.groups.map { group in
      group.tables.compactMap { name in tables.first { $0.table.name == name } }
    }.filter { !$0.isEmpty }
  }

  /// Lets the statements of a run say what it would do.
  private func classify(
    _ group: [RowsToCompare], among tables: [RowsToCompare], leavesMisfitsOut: Bool
  ) async throws -> [Delta] {
    let names = Set(group.map(\.table.name))
    let others = tables.map(\.table.plan).filter { !names.contains($0.target) }
    let fillings = group.compactMap { TargetLookupSQL($0.table.plan, pending: others) }
    let pending = Set(fillings.filter(\.mayBePending).map(\.table.target))
    let statements = group.map { rows in
      DeltaSQL(
        rows.table.plan, group: group.map(\.table.plan), beforeMerge: others, leavesMisfitsOut: leavesMisfitsOut,
        countsStanding: false, keepsLeftAlone: true, mayBePending: pending.contains(rows.table.name))
    }
    let search = leavesMisfitsOut ? group.map { MisfitSQL(table: $0.table.plan) }.filter { !$0.columns.isEmpty } : []
    var deltas: [Delta]
    do {
      deltas = try await connection.ask(
        .running(fillings.flatMap(\.filling) + search.map(\.run) + statements.compactMap(\.pairing?.assign)),
        .each(statements.map { Question($0.classify) { Delta(classified: $0, isComplete: !leavesMisfitsOut) } })
      ).1
    } catch let error as PostgresError
      where statements.contains(where: { $0.casts(error) })
      && group.contains(where: { !MisfitSQL(table: $0.table.plan).columns.isEmpty })
    {
      throw leavesMisfitsOut ? error : MisfitsFound(group: group.map(\.table.name)) as any Error
    }
    let orphans = statements.flatMap(\.rejectInnerOrphans)
    var rejected = orphans.isEmpty ? 0 : 1
    while rejected > 0 {
      rejected = 0
      for orphan in orphans { rejected += try await connection.query(orphan).affectedRows }
    }
    let standing = try await connection.ask(.each(statements.map { Question($0.countKept) }))
    for place in deltas.indices { deltas[place].count(standing: standing[place]) }
    return deltas
  }

  private func list(
    _ rows: RowsToCompare, _ look: CheckSQL.Look, leavesMisfitsOut: Bool
  ) async throws -> [Found.Count] {
    let sql = rows.sql
    return try await connection.ask(
      .running([sql.listStaged(look), sql.listTargetOnly(look, leavesMisfitsOut: leavesMisfitsOut)]),
      Question(look == .first ? sql.count(.first) : sql.countConfirmed) { answer in
        answer.rows.compactMap { row in
          guard let kind = DifferenceKind(rawValue: row.text(0)), let count = row.int(2), count > 0 else { return nil }
          return Found.Count(kind: kind, verdict: row.text(1), rows: count)
        }
      }
    ).1
  }

  private func lines(of rows: RowsToCompare) async throws -> [RowDifference] {
    let reading = DifferenceReading(table: rows.table.plan, options: context.options)
    let sql = rows.sql.lines(limit: context.options.limit, values: reading.needsValues)
    return try await connection.query(sql).rows.compactMap(reading.difference)
  }
}
