import Postgres

/// Makes the delta of a group of tables: one transaction, which also keeps the rejects, so that they stay whatever
/// becomes of the merge.
package struct DeltaMaker: Sendable {
  package let connection: Connection
  package let run: RunIdentity
  package let group: [TablePlan]
  /// Tables of the run whose rows are not on the target yet, though they may go in.
  package let beforeMerge: [TablePlan]
  /// What is looked up in those on the target counts as it will be; otherwise they have landed when that is asked.
  package let looksAhead: Bool
  /// Tables that have landed and of which rows are still to go.
  package let leaving: [TablePlan]
  /// Tables whose rows of ours on the target were counted before.
  package let counted: Set<QualifiedName>
  /// What was read of the tables.
  package let read: [QualifiedName: BucketChoice]
  /// Brings what a comparison turns out to lack. Returns whether that was anything, so that it has to be made again.
  package let complete: @Sendable () async throws -> Bool

  package init(
    connection: Connection, run: RunIdentity, group: [TablePlan], beforeMerge: [TablePlan],
    looksAhead: Bool = false, leaving: [TablePlan] = [], counted: Set<QualifiedName>,
    read: [QualifiedName: BucketChoice] = [:],
    complete: @escaping @Sendable () async throws -> Bool
  ) {
    self.connection = connection
    self.run = run
    self.group = group
    self.beforeMerge = beforeMerge
    self.looksAhead = looksAhead
    self.leaving = leaving
    self.counted = counted
    self.read = read
    self.complete = complete
  }

  /// - Parameter isFirst: nothing of an earlier attempt of this run is to be cleared.
  /// - Parameter closing: gets the deltas, and returns what travels with the COMMIT.
  package func make(isFirst: Bool, closing: ([QualifiedName: Delta]) throws -> [SQL]) async throws {
    let statements = group.map { sql($0) }
    do {
      try await make(statements, isFirst: isFirst, misfits: [], closing: closing)
    } catch let error as PostgresError
      where statements.contains(where: { $0.casts(error) })
    {
      // A value that its column's type refuses: the rows are found first, and the others compared without them.
      let misfits = group.map(MisfitSQL.init).filter { !$0.columns.isEmpty }
      guard !misfits.isEmpty else { throw error }
      let others = group.map { sql($0, leavesMisfitsOut: true) }
      try await make(others, isFirst: isFirst, misfits: misfits.map(\.run), closing: closing)
    }
  }

  private func sql(_ table: TablePlan, leavesMisfitsOut: Bool = false) -> DeltaSQL {
    DeltaSQL(
      table, group: group, beforeMerge: beforeMerge, leavesMisfitsOut: leavesMisfitsOut,
      countsStanding: !counted.contains(table.target), mayBePending: filling(table)?.mayBePending ?? false)
  }

  private func filling(_ table: TablePlan) -> TargetLookupSQL? {
    TargetLookupSQL(table, pending: looksAhead ? beforeMerge : [], leaving: looksAhead ? beforeMerge : leaving)
  }

  private func make(
    _ statements: [DeltaSQL], isFirst: Bool, misfits: [SQL], closing: ([QualifiedName: Delta]) throws -> [SQL]
  ) async throws {
    let clearing = isFirst ? [] : self.clearing
    // Where nothing is judged after the verdicts, they can be counted at once.
    let isFinal = statements.allSatisfy(\.rejectInnerOrphans.isEmpty)
    let isComplete = misfits.isEmpty
    let filling = group.compactMap(filling).flatMap(\.filling)
    let comparing = Question.all(
      .running(filling + misfits),
      .each(
        statements.map { sql in
          Question.all(Self.pairing(sql), Question(sql.classify) { Delta(classified: $0, isComplete: isComplete) }).map
          {
            var delta = $1
            delta.leavesDeletesOut = !sql.seesAllKeys
            delta.pairedWith = $0
            return delta
          }
        }),
      .running(
        statements.flatMap { sql in
          sql.seesAllKeys ? DeleteSQL(sql.table)?.found(read: read[sql.table.target] ?? .all) ?? [] : []
        }),
      .optional(isFinal ? Self.counting(statements) : nil))
    // Home settings are for what writes: nothing is to be hidden here, and a text is to be the source's.
    let pins = SessionPins.comparison + (group.contains { !$0.textPins.isEmpty } ? .values : .none)
    _ = try await connection.transaction(
      asking: .all(.running([pins.statement] + clearing), comparing),
      closing: { $0.isEmpty ? [] : [SessionPins.endOfComparison] + $0 }
    ) { _, compared in
      var (_, deltas, _, counts) = compared
      while try await complete() {
        let emptying = group.map { "TRUNCATE \($0.stage.delta)" as SQL }
        (_, deltas, _, counts) = try await connection.ask(.running(emptying), comparing).1
      }
      let begun = Dictionary(uniqueKeysWithValues: zip(statements.map(\.table.target), deltas))
      return try closing(try await finish(begun, statements, counts: counts))
    }
  }

  /// Pairs the rows. The answer says which rows of ours there were.
  private static func pairing(_ sql: DeltaSQL) -> Question<PairingSQL.Standing?> {
    guard let pairing = sql.pairing else { return .known(nil) }
    return Question.all(pairing.standingQuestion, .running(pairing.assigning)).map { $0.0 }
  }

  private static func counting(_ statements: [DeltaSQL]) -> Question<[QueryResult]> {
    .each(statements.map { Question($0.countKept) })
  }

  /// Counts the verdicts, and keeps the rejects.
  ///
  /// - Parameter counts: `nil`: what lacks its parent now is rejected before.
  package func finish(
    _ begun: [QualifiedName: Delta], _ statements: [DeltaSQL], counts: [QueryResult]? = nil
  ) async throws -> [QualifiedName: Delta] {
    var counts = counts
    if counts == nil {
      try await rejectInnerOrphans(statements)
      counts = try await connection.ask(Self.counting(statements))
    }
    var deltas = begun
    for (sql, count) in zip(statements, counts ?? []) { deltas[sql.table.target]?.count(standing: count) }
    try await keepRejects(deltas)
    return deltas
  }

  /// Rejects rows whose parent is to come in the same merge but does not, and rows that refer to those, until none is
  /// left.
  private func rejectInnerOrphans(_ statements: [DeltaSQL]) async throws {
    let orphans = statements.flatMap(\.rejectInnerOrphans)
    guard !orphans.isEmpty else { return }
    var found = 1
    while found > 0 {
      found = 0
      for orphan in orphans { found += try await connection.query(orphan).affectedRows }
    }
  }

  private func keepRejects(_ deltas: [QualifiedName: Delta]) async throws {
    for table in group where (deltas[table.target]?.rejected ?? 0) > 0 {
      try await connection.query(RejectSQL(table: table, run: run).keep)
    }
  }

  private var clearing: [SQL] {
    group.flatMap { ["TRUNCATE \($0.stage.delta)"] + RejectSQL(table: $0, run: run).forget }
  }
}
