import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Rows that lack their parent, found on the way: what is saved, and that nothing else changes.
  @Suite struct KeyCacheTests {
    /// Of 2,000 rows, those with an odd number refer to nobody.
    private static let source = """
      CREATE TABLE child AS
      SELECT g AS id, CASE g % 2 WHEN 0 THEN g % 10 + 1 ELSE g + 100 END AS parent, repeat('x', 200) AS note,
        'n' || g AS name
      FROM generate_series(1, 2000) g;
      """
    private static let target = """
      CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 10);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, note text, name text NOT NULL, source text);
      """

    /// With the cache at work from the first row on.
    private static func settings(_ change: (inout KeyCacheLimits) -> Void = { _ in }) -> RunSettings {
      var settings = RunSettings(directLoad: .never, keyCache: .on)
      settings.keyCacheLimits.wholeBytes = 0
      change(&settings.keyCacheLimits)
      return settings
    }

    private func sync(
      _ scenario: Scenario, _ tables: [String] = ["child"], settings: RunSettings = settings(),
      options: Sync.Options = Sync.Options()
    ) async throws -> SyncReport {
      try await scenario.sync(
        scenario.configuration(tables.map { TableConfiguration(target: TableName(name: $0)) }, settings: settings),
        options: options)
    }

    // MARK: - What is saved

    @Test func `a row without a parent crosses in its short form`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario)
        let child = try #require(report.table("child"))
        #expect(child.counts.inserted == 1000)
        #expect(child.rejectReasons == ["missing parent": 1000])
        let cache = try #require(child.keyCache)
        #expect(cache.keysAsked == 1005)
        #expect(cache.rowsHeldBack == 1000)
        #expect(cache.bytesSaved > 1000 * 150)
      }
    }

    @Test func `a reject that was held back has what its verdict rests on, and says so`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        _ = try await sync(scenario)
        let kept = try await scenario.target.rows(
          "SELECT DISTINCT reason, column_name, row_data - 'id' - 'parent' - 'name', message FROM pgtide.rejects")
        #expect(
          kept == [
            [
              "missing parent", "parent", "{}",
              "no such row in public.parent (foreign key child_parent_fkey); the row was held back, so its other "
                + "columns are on the source only",
            ]
          ])
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM pgtide.rejects WHERE row_data->>'name' = 'n' || (row_key->>'id')") == "1000")
      }
    }

    @Test func `the first rows without a parent cross whole`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, settings: Self.settings { $0.wholeBytes = 100_000 })
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
        let whole = Int(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects WHERE row_data ? 'note'"))
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 1000 - (whole ?? 0))
        #expect((1..<1000).contains(whole ?? 0))
      }
    }

    @Test func `a table with no more bytes than those is not looked at`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, settings: RunSettings(directLoad: .never, keyCache: .on))
        #expect(report.table("child")?.keyCache == nil)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
      }
    }

    @Test func `a parent of the run is asked for once it has merged`() async throws {
      let source = Self.source + "CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 10) g"
      let target = Self.target.replacing("INSERT INTO parent SELECT generate_series(1, 10);", with: "")
        .replacing("(id int PRIMARY KEY);", with: "(id int PRIMARY KEY, source text);")
      try await withScenario(source: source, target: target) { scenario async throws in
        var settings = Self.settings()
        settings.jobs = 1
        let report = try await sync(scenario, ["parent", "child"], settings: settings)
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 1000)
        #expect(report.table("child")?.counts.inserted == 1000)
      }
    }

    @Test(arguments: [Sync.Options(isDryRun: true), Sync.Options(isAtomic: true)])
    func `a parent of the run that has not merged is not asked for`(options: Sync.Options) async throws {
      let source = Self.source + "CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 10) g"
      let target = Self.target.replacing("(id int PRIMARY KEY);", with: "(id int PRIMARY KEY, source text);")
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(scenario, ["parent", "child"], options: options)
        #expect(report.table("child")?.keyCache == KeyCacheReport())
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
      }
    }

    @Test func `few missing keys among many end the questions`() async throws {
      let source = """
        CREATE TABLE child AS SELECT g AS id, g AS parent, repeat('x', 200) AS note, 'n' AS name
        FROM generate_series(1, 20000) g
        """
      let target = Self.target.replacing("generate_series(1, 10)", with: "generate_series(1, 19990)")
      try await withScenario(source: source, target: target) { scenario async throws in
        let settings = Self.settings {
          $0.trialKeys = 500
          $0.waitingBytes = 1000
        }
        let report = try await sync(scenario, settings: settings)
        #expect((500..<10_000).contains(report.table("child")?.keyCache?.keysAsked ?? 0))
        #expect(report.table("child")?.rejectReasons == ["missing parent": 10])
        #expect(report.table("child")?.counts.inserted == 19_990)
      }
    }

    // MARK: - The same as without it

    struct Limits: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let change: @Sendable (inout KeyCacheLimits) -> Void
    }

    static let limits = [
      Limits(testDescription: "a question for every few rows") { $0.waitingBytes = 500 },
      Limits(testDescription: "all rows in the file") { $0.heldInMemory = 0 },
      Limits(testDescription: "no room for rows") { ($0.heldInMemory, $0.heldOnDisk) = (0, 0) },
      Limits(testDescription: "no room for most keys") {
        $0.keys = 50
        $0.waitingBytes = 1000
      },
      Limits(testDescription: "no room for any key") { $0.keys = 0 },
    ]

    @Test(arguments: limits) func `a limit that is reached changes no verdict`(limits: Limits) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, settings: Self.settings(limits.change))
        #expect(report.table("child")?.error == nil)
        #expect(report.table("child")?.counts.inserted == 1000)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
        #expect(try await scenario.target.value("SELECT count(*) FROM child WHERE note = repeat('x', 200)") == "1000")
      }
    }

    @Test func `a chunk that is copied again holds its rows back once`() async throws {
      let source = Self.source.replacing("(1, 2000)", with: "(1, 20000)")
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        var settings = Self.settings()
        settings.jobs = 1
        settings.chunkBytes = 256 << 10
        let table = TableConfiguration(target: TableName(name: "child"))
        let kill = TaskSlot<[[String]]>()
        let report = try await scenario.sync(scenario.configuration([table], settings: settings)) { event in
          guard case .staged = event else { return }
          kill.start {
            try await scenario.target.rows(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND query LIKE '%COPY "pgtide"%'
              """)
          }
        }
        #expect(try await kill.value?.isEmpty == false)
        #expect(report.table("child")?.retries ?? 0 >= 1)
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 10_000)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 10_000])
        #expect(report.table("child")?.counts.inserted == 10_000)
      }
    }

    @Test func `rows that share a key are duplicates, though one of them was held back`() async throws {
      let source = """
        CREATE TABLE child (id int, parent int, note text, name text);
        INSERT INTO child VALUES (1, 1, 'x', 'n'), (1, 99, 'x', 'n'), (2, 99, 'x', NULL), (3, 99, 'x', 'n'), (4, 2, 'x', 'n'),
          (NULL, 99, 'x', 'n');
        """
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario)
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 4)
        #expect(
          report.table("child")?.rejectReasons == [
            "duplicate key": 2, "NULL in a NOT NULL column": 1, "missing parent": 1, "NULL in the key": 1,
          ])
        #expect(try await scenario.target.rows("SELECT id FROM child") == [["4"]])
      }
    }

    @Test(arguments: ["smallint", "bigint", "numeric(10,0)", "numeric", "uuid", "text", "varchar(40)"])
    func `keys of a type whose bytes decide are asked for`(type: String) async throws {
      let value =
        type == "uuid"
        ? "'00000000-0000-4000-8000-0000000000' || lpad(g::text, 2, '0')"
        : type.hasSuffix("int")
          ? "-g"
          : type == "numeric"
            ? "g * 123456.0001 - 700000"
            : type.hasPrefix("numeric") ? "g * 7654321 - 9999999" : #"'{"k\, ' || g || ', äöü ''NULL'' "}'"#
      let source = """
        CREATE TABLE child AS SELECT g AS id, (\(value))::\(type) AS parent, 'x' AS note, 'n' AS name
        FROM generate_series(1, 20) g
        """
      let target = """
        CREATE TABLE parent (id \(type) PRIMARY KEY);
        INSERT INTO parent SELECT (\(value))::\(type) FROM generate_series(1, 20, 2) g;
        CREATE TABLE child (id int PRIMARY KEY, parent \(type) REFERENCES parent, note text, name text, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(scenario)
        #expect(report.table("child")?.keyCache?.keysAsked == 20)
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 10)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 10])
        #expect(report.table("child")?.counts.inserted == 10)
      }
    }

    @Test(arguments: ["char(5)", "name", "date"])
    func `keys of other types are left to the comparison`(type: String) async throws {
      let value = type == "date" ? "date '2024-01-01' + g" : "g::text"
      let source =
        "CREATE TABLE child AS SELECT g AS id, (\(value))::\(type) AS parent, 'x' AS note FROM generate_series(1, 20) g"
      let target = """
        CREATE TABLE parent (id \(type) PRIMARY KEY); INSERT INTO parent SELECT (\(value))::\(type) FROM generate_series(1, 20, 2) g;
        CREATE TABLE child (id int PRIMARY KEY, parent \(type) REFERENCES parent, note text, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(scenario)
        #expect(report.table("child")?.keyCache == nil)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 10])
      }
    }

    @Test func `a rule for duplicates, which looks at whole rows, keeps them whole`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "child"), duplicates: .last(by: "src.name"))
        let report = try await scenario.sync(scenario.configuration([table], settings: Self.settings()))
        #expect(report.table("child")?.keyCache == nil)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
      }
    }

    @Test func `a question that gets no answer leaves it to the comparison`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var settings = Self.settings()
        settings.lockTimeout = .milliseconds(300)
        settings.retries = 20
        let table = TableConfiguration(target: TableName(name: "child"))
        let configuration = scenario.configuration([table], settings: settings)
        let failures = Mutex(0)
        let tracer: StatementTracer = { trace in
          if trace.failure != nil, trace.statement.contains("ORDINALITY AS k") { failures.withLock { $0 += 1 } }
        }
        let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(app) { app in
          try await app.batch(["BEGIN", "LOCK TABLE parent IN ACCESS EXCLUSIVE MODE"])
          async let report = scenario.sync(configuration, options: Sync.Options(tracer: tracer))
          let end = ContinuousClock.now.advanced(by: .seconds(60))
          while failures.withLock(\.self) == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(20))
          }
          try await app.query("COMMIT")
          return try await report
        }
        #expect(failures.withLock(\.self) == 1)
        #expect(report.table("child")?.keyCache == KeyCacheReport())
        #expect(report.table("child")?.error == nil)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1000])
      }
    }

    // MARK: - What changes meanwhile

    /// Runs `change` on the target after the keys have been asked for and before the comparison.
    private func syncWhile(
      _ scenario: Scenario, settings: RunSettings = settings(), _ change: String
    ) async throws -> SyncReport {
      // The first run makes the delta table, which the app then keeps the comparison from.
      try await scenario.source.run("ALTER TABLE child RENAME TO all_children; CREATE TABLE child (LIKE all_children)")
      _ = try await sync(scenario, settings: settings)
      try await scenario.source.run("DROP TABLE child; ALTER TABLE all_children RENAME TO child")
      let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(app) { app in
        try await app.batch(["BEGIN", "LOCK TABLE pgtide.delta_forward_public_child IN SHARE MODE"])
        async let report = sync(scenario, settings: settings)
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await scenario.target.run(change)
        try await app.query("COMMIT")
        return try await report
      }
    }

    @Test(arguments: [8 << 20, 0])
    func `a parent that comes after it was asked for takes its rows in, whole`(inMemory: Int) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await syncWhile(
          scenario, settings: Self.settings { $0.heldInMemory = inMemory },
          "INSERT INTO parent SELECT generate_series(101, 600)")
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 1000)
        #expect(report.table("child")?.counts.inserted == 1250)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 750])
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM child WHERE note = repeat('x', 200) AND name = 'n' || id AND source = 'D'") == "1250")
      }
    }

    @Test func `a parent that goes after it was asked for makes rejects`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await syncWhile(scenario, "DELETE FROM parent WHERE id <= 5")
        #expect(report.table("child")?.keyCache?.rowsHeldBack == 1000)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1600])
        #expect(report.table("child")?.counts.inserted == 400)
      }
    }

    @Test func `a row that stands on the target is compared whole, whatever its parent`() async throws {
      let target =
        Self.target.replacing("REFERENCES parent", with: "") + """
          INSERT INTO child VALUES (1, 101, repeat('x', 200), 'n1', 'D'), (3, 103, NULL, 'n3', 'D'), (5, 5, 'app', 'n5', 'M');
          ALTER TABLE child ADD FOREIGN KEY (parent) REFERENCES parent NOT VALID;
          UPDATE pg_constraint SET convalidated = true WHERE conname = 'child_parent_fkey';
          """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        let report = try await sync(scenario)
        #expect(report.table("child")?.counts.unchanged == 1)
        #expect(report.table("child")?.rejectReasons == ["missing parent": 999])
        #expect(
          try await scenario.target.rows("SELECT row_data ? 'note' FROM pgtide.rejects WHERE row_key->>'id' = '3'")
            == [["t"]])
      }
    }
  }
}
