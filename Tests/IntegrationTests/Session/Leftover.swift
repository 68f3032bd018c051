import EphemeralPostgres
import PGTide
import Testing

/// Settings that somebody has left behind for every session.
struct Leftover: Sendable, CustomTestStringConvertible {
  struct Setting: Sendable {
    var name: String
    var value: String
  }

  var settings: [Setting]

  init(_ settings: [Setting]) { self.settings = settings }

  init(setting: String, value: String) { self.init([Setting(name: setting, value: value)]) }

  var testDescription: String { settings.map { "\($0.name) = \($0.value)" }.joined(separator: ", ") }

  /// The first of them.
  var setting: String { settings[0].name }
  var value: String { settings[0].value }

  enum Place: Sendable, CaseIterable { case role, database, options }

  /// What pgtide sets itself, or sets where values travel as text. Several at a time, as none hides what another does: the
  /// first of each set stops statements or transactions, and the others change what values look like or what is read.
  static let set: [Leftover] = [
    [
      ("statement_timeout", "20"), ("default_transaction_isolation", "serializable"), ("array_nulls", "off"),
      ("client_encoding", "LATIN1"), ("log_parameter_max_length_on_error", "-1"), ("TimeZone", "Asia/Kolkata"),
      ("search_path", "nowhere"), ("client_connection_check_interval", "1h"), ("jit", "on"),
    ],
    [
      ("idle_in_transaction_session_timeout", "200"), ("idle_session_timeout", "400"), ("row_security", "off"),
      ("client_min_messages", "debug1"), ("xmloption", "document"), ("quote_all_identifiers", "on"),
      ("IntervalStyle", "sql_standard"), ("bytea_output", "escape"), ("transform_null_equals", "on"),
    ],
    [
      ("lock_timeout", "1"), ("exit_on_error", "on"), ("default_transaction_deferrable", "on"), ("work_mem", "64kB"),
      ("gin_fuzzy_search_limit", "1"), ("DateStyle", "German"), ("extra_float_digits", "-15"), ("lc_monetary", "C"),
      ("standard_conforming_strings", "off"),
    ],
  ].map { Leftover($0.map { Setting(name: $0.0, value: $0.1) }) }

  /// What pgtide demands, and only a superuser may set.
  static let demanded: [Leftover] = [
    ("session_replication_role", "replica"), ("zero_damaged_pages", "on"), ("ignore_checksum_failure", "on"),
  ].map { Leftover(setting: $0.0, value: $0.1) }

  /// Two tables with values of many kinds, of which one is empty on the target and the other is not, read and written as
  /// a role of the test's own, with the setting left behind on both ends.
  func prepared<R: Sendable>(
    at place: Place, superuser: Bool, on ends: Set<Precheck.End> = [.source, .target],
    _ body: (Scenario, SyncConfiguration) async throws -> R
  ) async throws -> R {
    try await withDatabases { source, target in
      let role = "left_\(source.name)"
      let scenario = Scenario(source: source, target: target)
      var configuration = scenario.configuration("fresh", "grown")
      configuration.origin = .allRowsAreOurs
      configuration.settings.directLoad = .auto
      configuration.settings.digest = .auto
      for (end, database) in [(Precheck.End.source, source), (.target, target)] {
        try await database.run(
          """
          CREATE ROLE \(role) LOGIN \(superuser ? "SUPERUSER" : "");
          \(Self.tables(with: end == .source ? "'ok'" : nil))
          ALTER TABLE fresh OWNER TO \(role); ALTER TABLE grown OWNER TO \(role);
          GRANT CREATE ON DATABASE "\(database.name)" TO \(role); GRANT CREATE ON SCHEMA public TO \(role);
          """)
        guard ends.contains(end) else { continue }
        let whose = place == .role ? "ROLE \(role)" : "DATABASE \"\(database.name)\""
        guard place != .options else { continue }
        try await database.cluster.database().run(
          settings.map { "ALTER \(whose) SET \($0.name) = '\($0.value)';" }.joined(separator: "\n"))
      }
      let words = settings.map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")
      let options = place == .options ? " options='\(words)'" : ""
      configuration.source.connection =
        source.connectionString(as: role) + (ends.contains(.source) ? options : "")
      configuration.target.connection =
        target.connectionString(as: role) + (ends.contains(.target) ? options : "")
      let result: Result<R, any Error>
      do { result = .success(try await body(scenario, configuration)) } catch { result = .failure(error) }
      for database in [source, target] {
        try await database.cluster.database().run("ALTER DATABASE \"\(database.name)\" RESET ALL")
        try await database.run("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
      }
      return try result.get()
    }
  }

  private static func tables(with mood: String?) -> String {
    let columns = """
      (id int PRIMARY KEY, v text, at timestamptz, ts timestamp, d date, i interval, f float8, n numeric(8,2), b bytea,
        a text[], x xml, m money, l mood, s stay, moods mood[], c regclass)
      """
    let rows = mood.map { mood in
      """
      INSERT INTO fresh SELECT g, 'Zoë ' || g, '2024-02-03 04:05:06.789+00'::timestamptz + g * interval '1 day',
          '2024-02-03 04:05:06', '2024-02-03', '-1 day 02:03:00', 0.1 + g::float8 / 3, 1.50, '\\x00ff',
          ARRAY['NULL', NULL, 'a'], '<a/><b/>', 1234.5, \(mood),
          ROW('2024-02-03 04:05:06+00'::timestamptz, '1 mon -1 day'::interval, 0.30000000000000004::float8)::stay,
          '{sad}', 'grown'
        FROM generate_series(1, 20) g;
      INSERT INTO grown TABLE fresh;
      """
    }
    return """
      CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE stay AS (at timestamptz, length interval, weight float8);
      CREATE TABLE fresh \(columns); CREATE TABLE grown \(columns);
      \(rows ?? "INSERT INTO grown (id, v) VALUES (99, 'here before')");
      """
  }

  /// All that crosses, whatever the settings of who asks.
  static func rows(_ table: String, in database: TestDatabase) async throws -> [[String]] {
    try await database.rows(
      """
      SET client_min_messages = warning; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';
      SET extra_float_digits = 3; SET bytea_output = 'hex'; SET xmloption = 'content'; SET client_encoding = 'UTF8';
      SET search_path = public;
      SELECT t::text FROM public.\(table) t WHERE id < 99 ORDER BY id
      """)
  }

  /// Demands that a sync brings the right rows, and that the next one finds nothing to do.
  static func demandRightRows(_ scenario: Scenario, _ configuration: SyncConfiguration) async throws {
    let report = try await scenario.sync(configuration)
    #expect(report.outcome == .success, "\(report.tables.compactMap(\.error))")
    for table in ["fresh", "grown"] {
      let wanted = try await rows(table, in: scenario.source)
      #expect(wanted.count == 20)
      #expect(try await rows(table, in: scenario.target) == wanted)
    }
    let again = try await scenario.sync(configuration)
    #expect(again.totals.unchanged == 40, "\(again.totals)")
  }
}
