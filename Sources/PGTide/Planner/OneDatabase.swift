import Postgres

/// Both ends are one database of one server, whatever names and poolers lead to it.
struct OneDatabase: Sendable {
  /// Its name.
  let name: String
  /// The target's tables that a query or a view of the source reads, by the entry that reads it.
  let readBySource: Set<QualifiedName>

  /// `nil`: the ends are two databases.
  ///
  /// Costs nothing unless both servers say that they were started in the same microsecond and number their databases
  /// alike. A copy of a running machine would say that, too: so it is proved by a lock that one session takes and the
  /// other one sees.
  static func find(_ planning: Planning, source: Connection, target: Connection) async throws -> OneDatabase? {
    let (here, there) = (planning.source.catalog.server, planning.target.catalog.server)
    guard let identity = here.identity, identity == there.identity else { return nil }
    let key = Int64.random(in: .min ... .max)
    try await target.batch(["BEGIN", "SELECT pg_catalog.pg_advisory_xact_lock(\(key))"])
    let seen = await Result.of {
      try await source.query("SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE \(RunLockSQL.holds(key)))")
    }
    await target.rollBack()
    guard try seen.get().rows.first?.bool(0) == true else { return nil }
    return OneDatabase(name: there.database, readBySource: try await readers(planning, source))
  }

  /// The entries whose query or view reads the very table that they write.
  private static func readers(_ planning: Planning, _ source: Connection) async throws -> Set<QualifiedName> {
    let configuration = planning.configuration
    let asked = configuration.tables.filter { table in
      guard let relation = configuration.sourceName(table) else { return true }
      return planning.source.catalog.tables[relation]?.kind == .view
    }
    let plans = try await source.attempt(
      asked.map { "EXPLAIN (VERBOSE, FORMAT JSON) SELECT * FROM \(configuration.sourceFrom($0))" })
    let found = zip(asked, plans).filter { table, plan in
      guard case .success(let rows) = plan else { return false }
      let text = rows.rows.map { $0.text(0) }.joined(separator: "\n")
      return scans(configuration.targetName(table.target), in: text)
    }
    return Set(found.map { configuration.targetName($0.0.target) })
  }

  /// Whether a plan of this text, as EXPLAIN writes it, reads the table.
  static func scans(_ table: QualifiedName, in plan: String) -> Bool {
    func json(_ name: Identifier) -> String {
      "\"\(name.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
    let lines = plan.split(separator: "\n").map { line in
      String(line.drop { $0 == " " }.reversed().drop { $0 == "," || $0 == " " }.reversed())
    }
    let (relation, schema) = ("\"Relation Name\": \(json(table.name))", "\"Schema\": \(json(table.schema))")
    return zip(lines, lines.dropFirst()).contains { $0 == relation && $1 == schema }
  }

  /// The tables that would be brought level with themselves.
  func problems(_ tables: [TablePlan]) -> [PlanProblem] {
    tables.filter { table in
      table.source.relation == table.target || table.source.partitions.contains(table.target)
        || readBySource.contains(table.target)
    }.map { table in
      PlanProblem(
        table: table.label,
        problem: "it would be brought level with itself: its rows come from the very table that they go to",
        advice: "Correct `source` or `target`, or name another table of the database under `from`")
    }
  }

  /// Said first where anything is wrong.
  var suspicion: PlanProblem {
    PlanProblem(
      problem: "source and target are one database, \(name)",
      advice: "If that is not meant, correct `source` or `target`")
  }

  /// From one table into another one is nothing wrong.
  var notice: String { "both ends are one database, \(name): tables are read and written in the same place" }
}
