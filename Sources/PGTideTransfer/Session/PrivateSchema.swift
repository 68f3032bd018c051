import Postgres

/// Makes pgtide's own schema ready for a run, and leaves it empty behind one.
package struct PrivateSchema: Sendable {
  package let plan: SyncPlan

  package init(plan: SyncPlan) { self.plan = plan }

  /// Creates the history where it is missing, in which a run has to be entered before it does anything else.
  package func found(on connection: Connection) async throws {
    guard !isFounded else { return }
    try await connection.batch([SQL.beginWriting, RunLockSQL.buildingAlone] + foundation + ["COMMIT"])
  }

  /// The history is there.
  package var isFounded: Bool { foundation.isEmpty }

  private var foundation: [SQL] { plan.privateSchema.foundation }

  /// Creates the users' status table where it is missing, and empties what an earlier run left. In the common case nothing
  /// is to be done, and nothing is sent.
  ///
  /// - Parameters:
  ///   - facts: what stands there, seen since no other run can change it.
  ///   - leavesSmall: small files are left to whoever uses their tables (``makeStages(for:facts:on:lockMustBeHeld:)``).
  package func prepare(on connection: Connection, facts: PrivateSchemaFacts, writesMetadata: Bool, leavesSmall: Bool)
    async throws
  {
    var statements: [SQL] = []
    if writesMetadata, !plan.privateSchema.metadataExists, let metadata = plan.metadata {
      let rights = OwnRights(tables: [metadata.table])
      statements += [RunLockSQL.buildingAlone, rights.standing, metadata.create, rights.takeTrusting]
      statements += metadata.seed(plan.tables.map(\.label))
    }
    let leftovers = plan.tables.filter { facts.has($0.stage) }.flatMap(\.stage.both)
      .filter { facts.bytes($0) > (leavesSmall ? StageTable.mostKept : 0) }
    let parts = leftovers.parts(of: StageTable.mostTogether).compactMap { StageTable.truncate($0).map { [$0] } }
    for statements in [statements] + parts where !statements.isEmpty {
      try await connection.batch([SQL.beginWriting] + statements + ["COMMIT"])
    }
  }

  /// Creates the stages of these tables where they are missing, and empties those that are there, if the run still has its
  /// lock: otherwise another run may have made or filled them since.
  ///
  /// - Parameter lockMustBeHeld: fails where it is not.
  package static func makeStages(
    for tables: [TablePlan], facts: PrivateSchemaFacts, on connection: Connection, lockMustBeHeld: SQL
  ) async throws {
    for stages in tables.map(\.stage).filter({ !facts.isReady($0) }).parts(of: StageTable.mostTogether) {
      let missing = stages.filter { !facts.has($0) }
      let used = stages.filter(facts.has).flatMap(\.both).filter { facts.bytes($0) > 0 }
      func make(isGuarded: Bool) async throws {
        try await connection.batch(
          [SQL.beginWriting] + StageTable.create(missing, isGuarded: isGuarded) + used.map(StageTable.delete)
            + [lockMustBeHeld, "COMMIT"])
      }
      do {
        try await make(isGuarded: facts.isGuarded)
      } catch let error as PostgresError where error.saysRightsChanged {
        await connection.rollBack()
        try await make(isGuarded: true)
      }
    }
  }

  /// Empties the stages and deltas that hold rows, also in a cancelled task.
  ///
  /// - Parameter stages: which of them may; `nil` where that is not known.
  package func leave(on connection: Connection, stages: StageLedger? = nil) async {
    guard let answer = try? await connection.cleanUp(PrivateSchemaSQL.facts(metadata: nil)) else { return }
    await leave(on: connection, facts: PrivateSchemaFacts(answer), stages: stages)
  }

  /// - Parameter facts: what stands there, seen after the last row has moved.
  package func leave(on connection: Connection, facts: PrivateSchemaFacts, stages: StageLedger? = nil) async {
    let full = plan.tables.flatMap(\.stage.both).filter { table in
      facts.bytes(table) > (stages?.mayHoldRows(table) == false ? StageTable.mostKept : 0)
    }
    await StageTable.free(full, on: connection)
  }
}

extension PrivateSchema {
  /// Everything that a DBA has to create where the user of pgtide may not: the schema with its tables, and the users'
  /// status table with its rows. What stands there already keeps its rights.
  ///
  /// - Parameter isForOthers: the statements are for somebody else, who then owns what they make.
  package func initialization(isForOthers: Bool) -> [SQL] {
    let user = Identifier(plan.target.user)
    let history = PrivateSchemaSQL.historyRights(isGuarded: true)
    var statements = [history.standing] + PrivateSchemaSQL.create(history) + HistorySQL.upgrade() + [history.take]
    var tables = PrivateSchemaSQL.history
    if let metadata = plan.metadata {
      if !plan.privateSchema.metadataExists {
        let rights = OwnRights(tables: [metadata.table])
        statements += [rights.standing, metadata.create, rights.take]
        if isForOthers { statements += metadata.letIn(user) }
      }
      statements += metadata.seed(plan.tables.map(\.label))
      tables.append(metadata.table)
    }
    return statements + PrivateSchemaSQL.grants(on: tables, to: user)
  }
}
