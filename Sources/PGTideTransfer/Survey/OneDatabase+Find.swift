import Postgres

extension OneDatabase {
  /// `nil`: the ends are two databases.
  ///
  /// Costs nothing unless both servers say that they were started in the same microsecond and number their databases
  /// alike. A copy of a running machine would say that, too: so it is proved by a lock that one session takes and the
  /// other one sees.
  package static func find(_ planning: Planning, source: Connection, target: Connection) async throws -> OneDatabase? {
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
}
