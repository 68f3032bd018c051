import Postgres

/// Makes pgtide's own schema ready for a run, and leaves it empty behind one.
struct House: Sendable {
  let plan: SyncPlan
  /// The run's own connection to the target, which also holds the flow's lock.
  let connection: Connection

  /// Takes the flow's lock, which ends with the connection: two runs over the same stages would mix their rows.
  func lock() async throws {
    let answer = try await connection.query("SELECT pg_catalog.pg_try_advisory_lock(\(lockKey))")
    guard answer.rows.first?.bool(0) == true else {
      throw SyncError(
        message: "another run of the flow \(plan.flow) is at work on this target",
        advice: "Wait for it to end; pg_locks shows who holds the advisory lock")
    }
  }

  private var lockKey: Int64 { Int64(bitPattern: UInt64(Fingerprint.of("pgtide flow \(plan.flow)"), radix: 16) ?? 0) }

  /// Creates what is missing, empties what an earlier run left. In the common case nothing is to be done, and nothing
  /// is sent.
  func prepare(writesMetadata: Bool) async throws {
    var statements = missing(writesMetadata: writesMetadata)
    let leftovers = plan.tables.filter { plan.house.has($0.stage) }.flatMap { [$0.stage.stage, $0.stage.delta] }
      .filter { (plan.house.tables[$0.name.name]?.bytes ?? 0) > 0 }
    if let truncate = StageTable.truncate(leftovers) { statements.append(truncate) }
    guard !statements.isEmpty else { return }
    try await connection.batch(["BEGIN"] + statements + ["COMMIT"])
  }

  /// The statements for what does not stand there yet.
  func missing(writesMetadata: Bool) -> [SQL] {
    var statements: [SQL] = []
    if !plan.house.schemaExists { statements += HouseSQL.createSchema }
    if !plan.house.hasHistory { statements += HistorySQL.create }
    statements += plan.tables.filter { !plan.house.has($0.stage) }.flatMap(\.stage.create)
    if writesMetadata, !plan.house.metadataExists, let metadata = plan.metadata {
      let sql = MetadataSQL(table: metadata)
      statements += [sql.create, sql.seed(plan.tables.map(\.label))]
    }
    return statements
  }

  /// Empties the stages and deltas that hold rows, also in a cancelled task.
  func leave() async {
    guard let answer = try? await connection.cleanUp(HouseSQL.facts(metadata: nil)) else { return }
    let facts = HouseFacts(answer)
    let full = plan.tables.flatMap { [$0.stage.stage, $0.stage.delta] }
      .filter { (facts.tables[$0.name.name]?.bytes ?? 0) > 0 }
    // What this does not reach, the next run empties before it starts.
    if let truncate = StageTable.truncate(full) { _ = try? await connection.cleanUp(truncate) }
  }
}

extension House {
  /// Everything that a DBA has to create where the user of pgtide may not: the schema with its tables, and the users'
  /// status table with its rows.
  var initialization: [SQL] {
    var statements = HouseSQL.createSchema + HistorySQL.create
    var tables = [HistorySQL.runs, HistorySQL.runTables, RejectSQL.rejects]
    if let metadata = plan.metadata {
      let sql = MetadataSQL(table: metadata)
      statements += [sql.create, sql.seed(plan.tables.map(\.label))]
      tables.append(metadata)
    }
    return statements + HouseSQL.grants(on: tables, to: Identifier(plan.target.user))
  }
}
