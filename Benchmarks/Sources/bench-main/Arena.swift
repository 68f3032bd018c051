import EphemeralPostgres
import FaultProxy

/// Two throwaway servers with the data, and a proxy before each.
struct Arena {
  struct Side {
    let database: PostgresDatabase
    let proxy: FaultProxy

    /// Past the proxy, which costs time of its own.
    var direct: String { database.connectionString }

    var throughProxy: String {
      "host=127.0.0.1 port=\(proxy.port) user=\(PostgresCluster.superuser) dbname=\(database.name) sslmode=disable "
        + "gssencmode=disable"
    }
  }

  let source: Side
  let target: Side
  let data: BenchData
  let rows: Int
  let shapes: [TableShape]
  /// Of the tables with a key that the target makes.
  let twins: [TableShape]

  /// Starts the servers and fills the source for the duration of `body`.
  ///
  /// Autovacuum is on, as on any server, but sleeps for a week: it would begin in the middle of one run or another.
  /// ``settle()`` does its work between runs.
  static func with<R: Sendable>(
    _ data: BenchData, scale: Int, rows: Int, sourceLink: Link, targetLink: Link, _ body: (Arena) async throws -> R
  ) async throws -> R {
    try await PostgresCluster.withClusters(2, ClusterOptions(settings: ["autovacuum_naptime": "7d"])) { clusters in
      let databases = [
        try await clusters[0].createDatabase(named: "bench"), try await clusters[1].createDatabase(named: "bench"),
      ]
      try await data.load(source: databases[0], target: databases[1], scale: scale, rows: rows)
      let shapes = try await Self.shapes(of: data.tables, on: databases[1])
      let twins = try await Self.shapes(of: data.twins, on: databases[1])
      return try await withFaultProxy(to: .unixSocket(clusters[0].socketPath), link: sourceLink) { sourceProxy in
        try await withFaultProxy(to: .unixSocket(clusters[1].socketPath), link: targetLink) { targetProxy in
          try await body(
            Arena(
              source: Side(database: databases[0], proxy: sourceProxy),
              target: Side(database: databases[1], proxy: targetProxy), data: data, rows: rows, shapes: shapes,
              twins: twins))
        }
      }
    }
  }

  private static func shapes(of tables: [BenchTable], on target: PostgresDatabase) async throws -> [TableShape] {
    var shapes: [TableShape] = []
    for table in tables {
      let facts = try await target.rows(TableShape.question(table))[0]
      shapes.append(TableShape(table, columns: facts[0], casts: facts[1]))
    }
    return shapes
  }

  /// Empties the target: nothing is left of the contender before.
  func reset() async throws {
    try await target.database.run("DROP SCHEMA IF EXISTS pgtide CASCADE")
    try await data.reset(target: target.database)
  }

  func edit(_ edited: Int) async throws {
    try await data.edit(source: source.database, rows: edited, of: rows)
  }

  /// Takes one row of a hundred out of the source for the duration of `body`.
  func withoutOnePercent<R>(_ body: () async throws -> R) async throws -> R {
    try await data.remove(source: source.database, rows: rows / 100, of: rows)
    let result = try await body()
    try await data.putBack(source: source.database)
    return result
  }

  /// Makes every run begin alike: statistics are fresh, dead rows gone, and all pages written out, so that the first
  /// change of each goes into the write-ahead log as a whole.
  func settle() async throws {
    let sources = shapes.map(\.table.source).joined(separator: ", ")
    let targets = (shapes + twins).map(\.table.target).joined(separator: ", ")
    async let settling: Void = source.database.run("VACUUM (ANALYZE) \(sources); CHECKPOINT")
    try await target.database.run("VACUUM (ANALYZE) \(targets); CHECKPOINT")
    try await settling
  }

  /// Throws: ``BenchError`` unless each table of the target has exactly the source's rows.
  func checkLevel(after contender: Contender) async throws {
    let shapes = contender == .generated ? twins : shapes
    async let given = source.database.rows(digests(of: shapes) { $0.table.source })
    let got = try await target.database.rows(digests(of: shapes) { $0.table.target })
    for (shape, (given, got)) in zip(shapes, zip(try await given, got)) where given != got {
      throw BenchError("\(contender.title) left \(shape.table.target) different from the source")
    }
  }

  /// A query for one row a table, in their order.
  private func digests(of shapes: [TableShape], _ name: (TableShape) -> String) -> String {
    let each = shapes.enumerated().map { number, shape in shape.digest(of: name(shape), number: number) }
    return each.joined(separator: "\nUNION ALL ") + "\nORDER BY 1"
  }

  /// Where the target's write-ahead log ends.
  func walPosition() async throws -> Double {
    let text = try await target.database.value("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
    guard let position = Double(text) else { throw BenchError("the target said \(text) of its WAL") }
    return position
  }

  func serverCPU() throws -> Double {
    try ServerCPU.seconds(of: source.database.cluster) + ServerCPU.seconds(of: target.database.cluster)
  }
}
