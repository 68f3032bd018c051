import EphemeralPostgres
import FoundationEssentials
import Testing

/// A server that logs all it can, with an office and an app database, and a user with the marked password.
struct MarkedServer: Sendable {
  let cluster: PostgresCluster
  let office: PostgresDatabase
  let app: PostgresDatabase

  static let user = "marked"

  static func run(_ body: (MarkedServer) async throws -> Void) async throws {
    let settings = [
      "log_statement": "all", "log_connections": "on", "log_disconnections": "on", "log_error_verbosity": "verbose",
    ]
    try await PostgresCluster.withCluster(ServerPair.configured.target.options(settings: settings)) { cluster in
      try await cluster.database().run(
        """
        SET log_statement = none;
        SET log_min_error_statement = panic;
        CREATE ROLE \(user) SUPERUSER LOGIN PASSWORD '\(MarkedPassword.plain.replacing("'", with: "''"))';
        """)
      let server = MarkedServer(
        cluster: cluster, office: try await cluster.createDatabase(named: "office"),
        app: try await cluster.createDatabase(named: "app"))
      try await server.office.run(
        Scenario.people + "CREATE TABLE strict (id int); INSERT INTO strict VALUES (1);"
          + "CREATE TABLE dirty (id int, v text); INSERT INTO dirty VALUES (NULL, 'x'), (1, 'y');")
      try await server.app.run(
        Scenario.appPeople + "CREATE TABLE strict (id int PRIMARY KEY CHECK (id > 5), source text);"
          + "CREATE TABLE dirty (id int PRIMARY KEY, v text, source text);")
      try await body(server)
    }
  }

  // MARK: - Ways to the server

  func keywords(_ database: String, password: String? = MarkedPassword.inKeywords, more: String = "") -> String {
    "host=127.0.0.1 port=\(cluster.port) user=\(Self.user) dbname=\(database)"
      + (password.map { " password=\($0)" } ?? "") + more
  }

  func uri(_ database: String, password: String = MarkedPassword.inURI, more: String = "") -> String {
    "postgresql://\(Self.user):\(password)@127.0.0.1:\(cluster.port)/\(database)\(more)"
  }

  // MARK: - Searching

  /// Everything that a run wrote and that holds the mark, by where it stands.
  func leaks(_ ended: PGTideProcess.Ended) -> [String] {
    var places = ["standard output": ended.output, "error output": ended.errors]
    for (name, text) in ended.files { places["file \(name)"] = text }
    return places.filter { $0.value.contains(MarkedPassword.mark) }.map { "\($0.key):\n\($0.value)" }
  }

  /// The same for what stands in the databases and in the server's log.
  func leaks() async throws -> [String] {
    let tables = try await app.rows(
      """
      SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relkind = 'r' AND (nspname = 'pgtide' OR relname = '_sync_metadata')
      """
    ).map { $0[0] }
    #expect(
      Set(tables).isSuperset(of: ["pgtide.runs", "pgtide.run_tables", "pgtide.rejects", "public._sync_metadata"]))
    var places: [String: String] = ["server log": try String(contentsOfFile: cluster.logFile, encoding: .utf8)]
    for table in tables { places[table] = try await app.rows("SELECT t::text FROM \(table) t").joined().joined() }
    places["comments"] = try await app.rows("SELECT description FROM pg_description").joined().joined()
    return places.filter { $0.value.contains(MarkedPassword.mark) }.map(\.key)
  }

  /// What other sessions see of the running ones.
  func activity() async throws -> String {
    try await cluster.database().rows("SELECT a::text FROM pg_stat_activity a").joined().joined(separator: "\n")
  }
}
