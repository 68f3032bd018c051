import EphemeralPostgres
import FoundationEssentials
import PGTide
import PGTideTune
import Postgres
import Testing

extension Integration {
  /// A schema in front of `pg_catalog` with an `=`, a `count`, a `now` and a `text` of its own changes nothing of what
  /// pgtide does.
  @Suite struct HostileSchemaTests {
    private static let source = """
      CREATE TYPE mood AS ENUM ('well', 'ill');
      CREATE TABLE parent AS SELECT g AS id, 'p' || g AS name FROM generate_series(1, 50) g;
      CREATE TABLE child AS SELECT g AS id, CASE WHEN g % 7 = 0 THEN g + 1000 ELSE g % 50 + 1 END AS parent,
        md5(g::text) AS name, g::bigint AS n, round(g::numeric / 4, 2) AS amount, g::float8 AS size, 'well'::mood AS mood,
        '{"a": 1}'::json AS facts, now() AS at, ARRAY[g, g + 1] AS list, '2026-01-01'::date + g AS day,
        md5(g::text)::uuid AS mark, 'c' AS code, '1 day'::interval AS span, B'101' AS bits, 'x'::"char" AS letter
      FROM generate_series(1, 3000) g;
      CREATE TABLE plain AS SELECT g AS id, md5(g::text) AS name, g AS n FROM generate_series(1, 3000) g;
      CREATE TABLE twice AS SELECT g % 90 AS id, g AS n FROM generate_series(1, 100) g;
      CREATE TABLE parts (id int, v text) PARTITION BY RANGE (id);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (50);
      CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (50) TO (1000);
      INSERT INTO parts SELECT g, 'v' FROM generate_series(1, 99) g;
      ANALYZE;
      """
    private static let target = """
      CREATE TYPE mood AS ENUM ('well', 'ill');
      CREATE DOMAIN short AS varchar(40) CHECK (VALUE <> '');
      CREATE TABLE parent (id int PRIMARY KEY, name short, source char(1) DEFAULT 'M',
        created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
      CREATE TABLE child (id bigint PRIMARY KEY, parent int REFERENCES parent, name varchar(40) UNIQUE, n int,
        amount numeric(9, 2), size numeric, mood mood, facts jsonb, at timestamp, list int[], day timestamp,
        mark uuid, code char(2), span interval, bits varbit, letter "char",
        source char(1) DEFAULT 'M', updated_at timestamptz, CHECK (n > 0));
      CREATE TABLE plain (id int PRIMARY KEY, name text, n int, source char(1) DEFAULT 'M');
      CREATE INDEX plain_name ON plain (lower(name) DESC) WHERE n > 10;
      CREATE TABLE twice (id int PRIMARY KEY, n int, source text);
      CREATE TABLE parts (id int PRIMARY KEY, v text, source text) PARTITION BY HASH (id);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      """

    private static let tables = ["parent", "child", "plain", "twice", "parts"]

    private func withHostileSchemas(
      _ body: (Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        for database in [scenario.source, scenario.target] {
          let made = try await HostileSchema.create(in: database)
          #expect(made.count == 5)
          for (count, least) in zip(made, [700, 2000, 80, 120, 70]) { #expect(count >= least, "\(made)") }
          for query in ["SELECT 1 = 1", "SELECT now()", "SELECT count(*) FROM (VALUES (1)) v", "SELECT 'x'::text"] {
            await #expect(throws: (any Error).self, "\(query)") { try await database.value(query) }
          }
        }
        try await body(scenario)
        for database in [scenario.source, scenario.target] { try await HostileSchema.leave(database) }
      }
    }

    private func ask(_ database: TestDatabase, _ query: String) async throws -> String {
      try await database.value(HostileSchema.ordinary + query)
    }

    /// A few rows of each kind of difference.
    private func change(_ scenario: Scenario) async throws {
      try await scenario.source.run(
        HostileSchema.ordinary + """
          UPDATE child SET amount = 1, name = name || 'x' WHERE id % 100 = 1; DELETE FROM child WHERE id = 2;
          INSERT INTO parts VALUES (200, 'new'); UPDATE parent SET name = 'other' WHERE id = 3;
          UPDATE child SET n = 3000000000 WHERE id = 4; UPDATE child SET n = -1 WHERE id = 5;
          """)
      try await scenario.target.run(
        HostileSchema.ordinary + "UPDATE parent SET source = 'M', name = 'app' WHERE id = 7")
    }

    private func configuration(
      _ scenario: Scenario, _ change: (inout SyncConfiguration) -> Void = { _ in }
    ) -> SyncConfiguration {
      var configuration = scenario.configuration(
        Self.tables.map { TableConfiguration(target: TableName(name: $0)) })
      configuration.settings.chunkBytes = 65536
      for index in configuration.tables.indices {
        switch configuration.tables[index].target.name {
        case "twice": configuration.tables[index].duplicates = .last(by: "src.n")
        case "plain": configuration.tables[index].filter = "src.id OPERATOR(pg_catalog.>) 0"
        default: break
        }
      }
      change(&configuration)
      return configuration
    }

    /// Two runs: the first load, and what changed since. All comes as it would without the schema.
    private func tour(
      _ scenario: Scenario, options: Sync.Options = Sync.Options(), _ configuration: SyncConfiguration
    ) async throws {
      let first = try await scenario.sync(configuration, options: options)
      for table in first.tables { #expect(table.error == nil, "\(table.table): \(table.error ?? "")") }
      #expect(first.table("parent")?.counts.inserted == 50)
      #expect(first.table("child")?.rejectReasons["missing parent"] == 428)
      #expect(first.table("parts")?.counts.inserted == 99)
      try await change(scenario)
      let dry = Sync.Options(isDryRun: true)
      let second = try await scenario.sync(configuration, options: options)
      for table in second.tables { #expect(table.error == nil, "\(table.table): \(table.error ?? "")") }
      #expect(second.table("parent")?.counts.updated == 1)
      #expect(second.table("parent")?.counts.protected == 1)
      #expect(second.table("parts")?.counts.inserted == 1)
      #expect((second.table("child")?.counts.updated ?? 0) >= 20)
      let third = try await scenario.sync(configuration, options: dry)
      for table in third.tables {
        #expect(table.error == nil, "\(table.table): \(table.error ?? "")")
        // A row that a CHECK refuses, which a dry run does not know.
        #expect(table.counts.updated == (table.table == "child" ? 1 : 0), "\(table.table)")
      }
      #expect(try await ask(scenario.target, "SELECT name FROM parent WHERE id = 7") == "app")
    }

    @Test func `through the stage`() async throws {
      try await withHostileSchemas { scenario in try await tour(scenario, configuration(scenario)) }
    }

    @Test func `in one transaction, with rejects in a file`() async throws {
      let path = FileManager.default.temporaryDirectory.appending(path: "rejects-\(UUID())").path
      defer { try? FileManager.default.removeItem(atPath: path) }
      try await withHostileSchemas { scenario in
        try await tour(
          scenario, options: Sync.Options(isAtomic: true, rejectsFile: path), configuration(scenario))
      }
    }

    @Test func `with the key cache, and text on the wire`() async throws {
      try await withHostileSchemas { scenario in
        try await tour(
          scenario,
          configuration(scenario) { configuration in
            configuration.settings.keyCache = .on
            configuration.settings.keyCacheLimits.wholeBytes = 0
            configuration.settings.copyFormat = .text
          })
      }
    }

    @Test func `directly, with indexes built behind the rows`() async throws {
      try await withHostileSchemas { scenario in
        var configuration = configuration(scenario)
        configuration.settings.directLoad = .auto
        configuration.settings.indexes = .rebuild
        configuration.settings.smallBytes = 0
        let index = "SELECT pg_get_indexdef('plain_name'::regclass), 'plain_name'::regclass::oid"
        let before = try await scenario.target.rows(HostileSchema.ordinary + index)
        let report = try await scenario.sync(configuration)
        for table in report.tables { #expect(table.error == nil, "\(table.table): \(table.error ?? "")") }
        #expect(report.table("plain")?.counts.inserted == 3000)
        #expect(report.table("plain")?.indexesRebuilt == 1)
        let after = try await scenario.target.rows(HostileSchema.ordinary + index)
        #expect(after.map(\.first) == before.map(\.first))
        #expect(after.map(\.last) != before.map(\.last))
      }
    }

    @Test func `small tables together`() async throws {
      try await withHostileSchemas { scenario in
        var configuration = configuration(scenario)
        configuration.settings.directLoad = .auto
        let report = try await scenario.sync(configuration)
        for table in report.tables { #expect(table.error == nil, "\(table.table): \(table.error ?? "")") }
        #expect(report.table("plain")?.isLoadedDirectly == true)
        #expect(report.table("parent")?.counts.inserted == 50)
      }
    }

    @Test func `with digests`() async throws {
      try await withHostileSchemas { scenario in
        try await tour(scenario, configuration(scenario) { $0.settings.digest = .auto })
      }
    }

    @Test func `over the disk, and resumed`() async throws {
      try await withHostileSchemas { scenario in
        try await SpillScenario.run(scenario) { spill in
          let configuration = configuration(scenario) { configuration in
            configuration.settings.spill = SpillSettings(mode: .always, directory: spill.base)
            configuration.settings.retries = 0
          }
          try await scenario.target.run("SET search_path = public, pg_catalog;" + Scenario.failing("plain"))
          let failed = try await scenario.sync(configuration)
          #expect(failed.table("plain")?.error != nil)
          try await scenario.target.run(HostileSchema.ordinary + "DROP TRIGGER fail ON plain")
          let resumed = try await scenario.sync(configuration, options: Sync.Options(resumes: true))
          #expect(resumed.table("plain")?.counts.inserted == 3000)
        }
      }
    }

    @Test func `a tune`() async throws {
      try await withHostileSchemas { scenario in
        let report = try await Tune(configuration(scenario), options: .init(budget: .seconds(5))).run()
        #expect(report.tables == 5)
      }
    }

    @Test func `plan and init-metadata`() async throws {
      try await withHostileSchemas { scenario in
        let configuration = configuration(scenario)
        let names = FullNames(configuration)
        let options = Sync.Options(tracer: names.tracer(passingTo: nil))
        let plan = try await Sync(configuration, options: options).plan()
        #expect(plan.tables.count == 5)
        let printed = try await Sync(configuration, options: options).initializeMetadata(isPrintOnly: true)
        for statement in printed { names.look(at: statement) }
        _ = try await Sync(configuration, options: options).initializeMetadata(isPrintOnly: false)
        names.record(#_sourceLocation)
        #expect(try await ask(scenario.target, "SELECT count(*) FROM _sync_metadata") == "5")
      }
    }
  }
}
