import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Small empty tables, which are loaded together, and what leaves one of them out.
  /// From version 13 no table is known to be small: its pages are not read by their numbers.
  @Suite(.needs(.sourceVersion(14))) struct SmallLoadTests {
    private static let small = ["a", "b", "c"]
    private static let smallSource = """
      CREATE TABLE a AS SELECT g AS id FROM generate_series(1, 9) g;
      CREATE TABLE b AS SELECT g AS id, g AS a FROM generate_series(1, 9) g;
      CREATE TABLE c AS SELECT g AS id, g AS b FROM generate_series(1, 9) g;
      """
    private static let smallTarget = """
      CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, source text);
      CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b, source text);
      """

    @Test func `a NaN keeps its sign`() async throws {
      let columns = "a double precision, b real, c point, d double precision[]"
      let source = """
        CREATE TABLE f (id int, \(columns));
        INSERT INTO f VALUES (1, -'NaN'::float8, -'NaN'::float4, point(-'NaN'::float8, 1), ARRAY[-'NaN'::float8]),
          (2, 'NaN', 'NaN', '(1,NaN)', '{NaN}'), (3, -0.0, -0.0, '(-0,0)', '{-0}');
        """
      try await withScenario(
        source: source, target: "CREATE TABLE f (id int PRIMARY KEY, \(columns), source text)"
      ) { scenario async throws in
        #expect(try await syncSmall(scenario, tables: ["f"]).totals.inserted == 3)
        let bytes = "SELECT float8send(a), float4send(b), point_send(c), array_send(d) FROM f ORDER BY id"
        #expect(try await scenario.target.rows(bytes) == scenario.source.rows(bytes))
      }
    }

    private func syncSmall(
      _ scenario: Scenario, tables: [String] = small, settings: RunSettings = RunSettings(),
      options: Sync.Options = Sync.Options()
    ) async throws -> SyncReport {
      var configuration = scenario.configuration(
        tables.map { TableConfiguration(target: TableName(name: $0)) }, settings: settings)
      configuration.settings.directLoad = .auto
      return try await scenario.sync(configuration, options: options)
    }

    /// A sync of small tables, and the COPYs that it made.
    private func copies(_ scenario: Scenario, tables: [String] = small) async throws -> (SyncReport, [String]) {
      let copies = Mutex<[String]>([])
      let options = Sync.Options(tracer: { trace in
        if trace.statement.contains("COPY ") { copies.withLock { $0.append(trace.statement) } }
      })
      let report = try await syncSmall(scenario, tables: tables, options: options)
      return (report, copies.withLock(\.self))
    }

    /// The transactions that wrote the rows of these tables.
    private func writers(_ tables: [String], _ scenario: Scenario) async throws -> String {
      let rows = tables.map { "SELECT xmin::text FROM \($0)" }.joined(separator: " UNION ")
      return try await scenario.target.value("SELECT count(*) FROM (\(rows)) w")
    }

    @Test func `small tables are loaded in one transaction, with those that refer to them`() async throws {
      try await withScenario(source: Self.smallSource, target: Self.smallTarget) { scenario async throws in
        let report = try await syncSmall(scenario)
        #expect(report.tables.allSatisfy { $0.isLoadedDirectly && $0.counts.inserted == 9 })
        #expect(report.table("b")?.integrity == "triggers: few rows")
        #expect(try await writers(Self.small, scenario) == "1")
        #expect(
          try await scenario.target.value("SELECT count(*) FROM pgtide.run_tables WHERE status = 'success'") == "3")
      }
    }

    @Test func `the rows of small tables travel with the statements, so that nobody waits for a COPY`() async throws {
      try await withScenario(source: Self.smallSource, target: Self.smallTarget) { scenario async throws in
        let (report, copies) = try await copies(scenario)
        #expect(report.totals.inserted == 27)
        #expect(copies == [])
      }
    }

    @Test func `arrays, identities, markers and stamps of a small table go in as by COPY`() async throws {
      let source = #"""
        CREATE TABLE a (id int, tags text[], grid int[], name text);
        INSERT INTO a VALUES (7, ARRAY['x', NULL, 'NULL', 'a,b"c\d'], '{{1,2},{3,4}}', ''), (8, '{}', '[0:1]={5,6}', NULL),
          (9, NULL, NULL, 'NULL')
        """#
      let target = """
        CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tags text[], grid int[], name text,
          source char(1) DEFAULT 'M', created_at timestamptz, updated_at timestamptz DEFAULT now())
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let (report, copies) = try await copies(scenario, tables: ["a"])
        #expect(report.table("a")?.isLoadedDirectly == true)
        #expect(copies == [])
        let rows = "SELECT id, tags, grid, name FROM a ORDER BY id"
        #expect(try await scenario.target.rows(rows) == scenario.source.rows(rows))
        let own = "SELECT count(*) FROM a WHERE source = 'D' AND created_at = updated_at"
        #expect(try await scenario.target.value(own) == "3")
      }
    }

    @Test func `a small table whose values text may not carry is loaded by COPY`() async throws {
      let source = #"CREATE TABLE a (id int, v "char"); INSERT INTO a VALUES (1, textin(byteaout('\xe9'))::"char")"#
      try await withScenario(
        source: source, target: #"CREATE TABLE a (id int PRIMARY KEY, v "char", source text)"#
      ) { scenario async throws in
        let (report, copies) = try await copies(scenario, tables: ["a"])
        #expect(report.table("a")?.isLoadedDirectly == true)
        #expect(report.totals.inserted == 1)
        #expect(copies.count == 2)
      }
    }

    @Test func `a table of few rows is not small where they are wide`() async throws {
      let source = """
        CREATE TABLE a (id int, v text); ALTER TABLE a ALTER v SET STORAGE EXTERNAL;
        INSERT INTO a SELECT g, repeat('x', 200000) FROM generate_series(1, 3) g
        """
      try await withScenario(
        source: source, target: "CREATE TABLE a (id int PRIMARY KEY, v text, source text)"
      ) { scenario async throws in
        let (report, copies) = try await copies(scenario, tables: ["a"])
        #expect(report.table("a")?.isLoadedDirectly == true)
        #expect(copies.count == 2)
        #expect(try await scenario.target.value("SELECT sum(length(v)) FROM a") == "600000")
      }
    }

    @Test func `a table whose compressed values make it look small is not taken into memory`() async throws {
      let source = "CREATE TABLE a AS SELECT g AS id, repeat('x', 50000) AS v FROM generate_series(1, 60) g; ANALYZE a"
      try await withScenario(
        source: source, target: "CREATE TABLE a (id int PRIMARY KEY, v text, source text)"
      ) { scenario async throws in
        #expect(try await scenario.source.value("SELECT pg_table_size('a') < 256 * 1024") == "t")
        let (report, _) = try await copies(scenario, tables: ["a"])
        #expect(isGivenUp(report.table("a"), "its rows are wide"))
        #expect(try await scenario.target.value("SELECT sum(length(v)) FROM a") == "3000000")
      }
    }

    @Test func `a small table whose rows cannot be read keeps no other one from its load`() async throws {
      try await withScenario(source: Self.smallSource, target: Self.smallTarget) { scenario async throws in
        var configuration = scenario.configuration("a", "b", "c")
        configuration.tables[2].columns = [ColumnMapping(column: "b", value: .expression("1 / (src.id - 5)"))]
        configuration.settings.directLoad = .auto
        let report = try await scenario.sync(configuration)
        #expect(isGivenUp(report.table("c"), "22012"))
        #expect(report.table("c")?.status == .failed)
        for table in ["a", "b"] {
          #expect(report.table(table)?.isLoadedDirectly == true)
          #expect(report.table(table)?.notices == [])
        }
      }
    }

    @Test func `a small table with a bad row goes through the stage, the others are loaded without it`() async throws {
      let source = Self.smallSource + "INSERT INTO a VALUES (4);"
      let target =
        "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, a int, source text); CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await syncSmall(scenario)
        #expect(isGivenUp(report.table("a"), "23505"))
        #expect(report.table("a")?.counts.inserted == 8)
        #expect(report.table("a")?.counts.rejected == 2)
        for table in ["b", "c"] {
          #expect(report.table(table)?.isLoadedDirectly == true)
          #expect(report.table(table)?.notices == [])
        }
        #expect(try await writers(["b", "c"], scenario) == "1")
      }
    }

    @Test func `a small table that somebody has locked keeps the others no longer waiting`() async throws {
      let target = Self.small.map {
        "CREATE TABLE \($0) (id int PRIMARY KEY, \($0 == "b" ? "a int," : $0 == "c" ? "b int," : "") source text);"
      }
      try await withScenario(source: Self.smallSource, target: target.joined()) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.b IN SHARE MODE"])
          return try await syncSmall(scenario, settings: RunSettings(lockTimeout: .milliseconds(200), retries: 0))
        }
        #expect(report.table("b")?.status == .failed)
        #expect(isGivenUp(report.table("b"), "55P03"))
        #expect(report.table("a")?.isLoadedDirectly == true)
        #expect(report.table("c")?.isLoadedDirectly == true)
      }
    }

    @Test func `small tables whose session is ended go through their stages`() async throws {
      let waiting =
        "CASE WHEN src.id = 5 AND pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE src.b END"
      try await withScenario(source: Self.smallSource, target: Self.smallTarget) { scenario async throws in
        var configuration = scenario.configuration("a", "b", "c")
        configuration.tables[2].columns = [ColumnMapping(column: "b", value: .expression(waiting))]
        configuration.settings.directLoad = .auto
        let gated = configuration
        let options = ConnectionOptions(
          label: "gate", connectionString: scenario.source.connectionString, applicationName: "gate")
        let report = try await Postgres.withConnection(options) { gate in
          try await gate.query("SELECT pg_advisory_lock(7)")
          async let running = scenario.sync(gated)
          try await scenario.source.wait(for: "t", from: TestDatabase.waitingForLock)
          let ended = try await scenario.target.rows(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND state = 'idle in transaction'
            """)
          #expect(ended.count == 1)
          try await gate.query("SELECT pg_advisory_unlock(7)")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 27)
        #expect(isGivenUp(report.table("c"), ""))
      }
    }
  }
}
