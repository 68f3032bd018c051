import EphemeralPostgres
import FaultProxy
import FoundationEssentials
import Glibc
import Postgres

/// Two servers of its own, a link to each, and the databases between which one lane of the suite works.
struct Station: Sendable {
  struct Side: Sendable {
    let cluster: PostgresCluster
    let proxy: FaultProxy

    static let database = "tide"

    /// Past the proxy, for the suite itself.
    var direct: String { cluster.connectionString(database: Self.database) }

    var throughProxy: String {
      "host=127.0.0.1 port=\(proxy.port) user=\(PostgresCluster.superuser) dbname=\(Self.database) sslmode=disable "
        + "gssencmode=disable"
    }

    /// Runs `body` with a session of the suite's own.
    func connect<R: Sendable>(_ body: @Sendable (Connection) async throws -> R) async throws -> R {
      let options = ConnectionOptions(label: "suite", connectionString: direct, applicationName: "suite")
      return try await Postgres.withConnection(options) { try await body($0) }
    }

    /// Ends sessions of pgtide: the one with this number, counted round, or all of them.
    func terminate(_ number: Int?) async throws {
      let chosen: SQL = number.map { "WHERE place = \($0) % total" } ?? ""
      try await connect {
        _ = try await $0.query(
          """
          SELECT pg_terminate_backend(pid) FROM (
            SELECT pid, row_number() OVER (ORDER BY pid) - 1 AS place, count(*) OVER () AS total FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database()) s \(chosen)
          """)
      }
    }

    /// Stops the server at once, as `pg_ctl stop -m immediate` does, without waiting for its end.
    func crash() {
      if let pid = cluster.pid { _ = kill(pid, SIGQUIT) }
    }
  }

  let source: Side
  let target: Side
  let pgtide: PGTideProcess

  subscript(_ end: End) -> Side { end == .source ? source : target }

  /// Starts the servers and links for the duration of `body`.
  static func with<R: Sendable>(program: String, _ body: @Sendable (Station) async throws -> R) async throws -> R {
    let options = ClusterOptions(
      settings: [
        "shared_buffers": "24MB", "max_connections": "40", "deadlock_timeout": "50ms", "max_wal_size": "256MB",
        // What is not committed reaches the log late, so that crashes lose it.
        "wal_writer_delay": "5s",
      ], autovacuum: false)
    return try await PostgresCluster.withClusters(2, options) { clusters in
      for cluster in clusters { try await cluster.createDatabase(named: Side.database) }
      return try await withFaultProxy(to: .unixSocket(clusters[0].socketPath), watching: Phase.watched) { sourceProxy in
        try await withFaultProxy(to: .unixSocket(clusters[1].socketPath), watching: Phase.watched) { targetProxy in
          let source = Side(cluster: clusters[0], proxy: sourceProxy)
          let target = Side(cluster: clusters[1], proxy: targetProxy)
          let directory = try makeDirectory(beside: clusters[0])
          let pgtide = PGTideProcess(
            program: program, directory: directory, office: source.throughProxy, app: target.throughProxy)
          return try await body(Station(source: source, target: target, pgtide: pgtide))
        }
      }
    }
  }

  /// A directory for pgtide, which goes with the servers, however the suite ends.
  private static func makeDirectory(beside cluster: PostgresCluster) throws -> String {
    let directory = URL(filePath: cluster.directory).deletingLastPathComponent().appending(path: "pgtide").path
    try FileManager.default.createDirectory(atPath: "\(directory)/tmp", withIntermediateDirectories: true)
    try SuiteTable.configuration.write(toFile: "\(directory)/pgtide.yaml", atomically: true, encoding: .utf8)
    return directory
  }

  /// Makes both databases anew: the office full, the app's tables empty, no schema `pgtide`.
  func reset(_ office: [SQL]) async throws {
    let sweep: [SQL] = [
      "SET client_min_messages = warning", "DROP SCHEMA IF EXISTS public, pgtide, status CASCADE",
      "CREATE SCHEMA public",
      "SET search_path = public",
    ]
    try await source.connect { connection in
      for statement in sweep + SuiteTable.officeSchema + office { try await connection.query(statement) }
    }
    try await target.connect { connection in
      for statement in sweep + SuiteTable.appSchema { try await connection.query(statement) }
    }
  }

  /// Takes the links into order and waits until no session of pgtide is left. Returns what does not end by itself.
  func settle() async throws -> [String] {
    var left: [String] = []
    for end in End.allCases {
      await self[end].proxy.heal()
      let sessions = try await self[end].connect { connection -> Int in
        let limit = ContinuousClock.now.advanced(by: .seconds(15))
        while true {
          let count = try await connection.query(Leftovers.sessions).rows.first?.int(0) ?? -1
          if count == 0 || ContinuousClock.now > limit { return count }
          try await Task.sleep(for: .milliseconds(3))
        }
      }
      if sessions > 0 { left.append("\(sessions) sessions of pgtide on the \(end.rawValue) that do not end") }
      await self[end].proxy.resetTraffic()
    }
    return left
  }
}
