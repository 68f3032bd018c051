import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Rows of ours that the source no longer has.
  @Suite struct DeleteTests {
    private static let source =
      "CREATE TABLE card (id int, v text); INSERT INTO card SELECT g, 'v' || g FROM generate_series(1, 300) g"
    private static let target = "CREATE TABLE card (id int PRIMARY KEY, v text UNIQUE, source char(1) DEFAULT 'M')"

    /// Both ends level, but for a row of the application.
    private func withCards<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.target.run("INSERT INTO card VALUES (1000, 'of the app', 'M')")
        return try await body(scenario)
      }
    }

    @Test func `rows that the source no longer has stay where nothing is said, and are counted`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        let report = try await scenario.sync(scenario.configuration("card"))
        #expect(report.totals.targetOnly == 10)
        #expect(report.totals.deleted == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "301")
      }
    }

    @Test(arguments: [DigestRule.auto, .never])
    func `rows that the source no longer has go, and no others`(digest: DigestRule) async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run(
          "DELETE FROM card WHERE id <= 10; UPDATE card SET v = 'new' WHERE id = 20; INSERT INTO card VALUES (400, 'added')"
        )
        var configuration = scenario.removing("card")
        configuration.settings.digest = digest
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.totals.targetOnly == 10)
        #expect(report.totals.deleted == 10)
        #expect(report.totals.kept == 0)
        #expect(report.totals.updated == 1)
        #expect(report.totals.inserted == 1)
        let left = try await scenario.target.value("SELECT count(*) || ' ' || min(id) || ' ' || max(id) FROM card")
        #expect(left == "292 11 1000")
        #expect(
          try await scenario.target.rows("SELECT deleted, kept, target_only FROM pgtide.run_tables WHERE run_id = 2")
            == [["10", "0", "10"]])
      }
    }

    @Test func `a run after a run deletes nothing and writes no row`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        try await scenario.sync(scenario.removing("card"))
        let before = try await scenario.target.value(
          "SELECT string_agg(xmin || ' ' || xmax, ',' ORDER BY id) FROM card")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.totals.deleted == 0)
        #expect(report.totals.targetOnly == 0)
        #expect(
          try await scenario.target.value("SELECT string_agg(xmin || ' ' || xmax, ',' ORDER BY id) FROM card") == before
        )
      }
    }

    @Test func `a new row takes the unique value of one that goes in the same run`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("UPDATE card SET id = 500 WHERE id = 7")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.outcome == .success)
        #expect(try await scenario.target.value("SELECT id FROM card WHERE v = 'v7'") == "500")
      }
    }

    @Test func `what only the target has is found without reading the source`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("TRUNCATE card")
        let report = try await scenario.sync(scenario.removing("card", allowing: 300))
        #expect(report.totals.deleted == 300)
        #expect(report.bytes == 0)
        #expect(try await scenario.target.value("SELECT string_agg(source, '') FROM card") == "M")
      }
    }

    @Test func `a row whose source row was rejected stays`() async throws {
      let target = Self.target.replacing("v text UNIQUE", with: "v text NOT NULL UNIQUE")
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.source.run("UPDATE card SET v = NULL WHERE id <= 3; INSERT INTO card VALUES (9, 'twice')")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.outcome == .rejects)
        #expect(report.totals.deleted == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "300")
      }
    }

    @Test func `nothing goes where not every row of the source tells its key`() async throws {
      let target = """
        CREATE DOMAIN code AS text CHECK (VALUE <> 'bad');
        CREATE TABLE card (id code PRIMARY KEY, v text, source char(1) DEFAULT 'M');
        """
      let source = "CREATE TABLE card (id text, v text); INSERT INTO card VALUES ('a', '1'), ('b', '2'), ('c', '3')"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.source.run("DELETE FROM card WHERE id = 'a'; UPDATE card SET id = 'bad' WHERE id = 'b'")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.totals.deleted == 0)
        #expect(report.totals.rejected == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "3")
      }
    }

    @Test func `rows go with all tables in one transaction, too, or none does`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        let report = try await scenario.sync(scenario.removing("card"), options: Sync.Options(isAtomic: true))
        #expect(report.totals.deleted == 10)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "291")
      }
    }

    @Test func `rows go when the target refuses another one`() async throws {
      let target = Self.target.replacing("v text UNIQUE", with: "v text CHECK (v <> 'bad')")
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.source.run("DELETE FROM card WHERE id <= 10; UPDATE card SET v = 'bad' WHERE id = 20")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.totals.deleted == 10)
        #expect(report.totals.rejected == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "290")
      }
    }

    @Test func `a dry run says what would go, and deletes nothing`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        let report = try await scenario.sync(scenario.removing("card"), options: Sync.Options(isDryRun: true))
        #expect(report.totals.deleted == 10)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "301")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "0")
      }
    }

    @Test func `rows go from partitions, and from two of them that hold the same place`() async throws {
      let target = """
        CREATE TABLE card (id int PRIMARY KEY, v text, source char(1) DEFAULT 'M') PARTITION BY RANGE (id);
        CREATE TABLE card_1 PARTITION OF card FOR VALUES FROM (0) TO (100);
        CREATE TABLE card_2 PARTITION OF card FOR VALUES FROM (100) TO (2000);
        """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.source.run("DELETE FROM card WHERE id IN (1, 100, 101)")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.totals.deleted == 3)
        #expect(try await scenario.target.value("SELECT count(*) || ' ' || min(id) FROM card") == "297 2")
      }
    }

    @Test func `a row that a trigger does not let go stays, and the others go`() async throws {
      try await withCards { scenario async throws in
        try await scenario.target.run(
          """
          CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RETURN CASE WHEN OLD.id = 3 THEN NULL ELSE OLD END; END $$;
          CREATE TRIGGER keep BEFORE DELETE ON card FOR EACH ROW EXECUTE FUNCTION keep();
          """)
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        let report = try await scenario.sync(scenario.removing("card"))
        #expect(report.totals.deleted == 9)
        #expect(report.totals.kept == 1)
        #expect(try await scenario.target.value("SELECT min(id) FROM card") == "3")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "9")
      }
    }

    // MARK: - Parts of a source

    @Test func `where the source is read in part, rows outside the scope stay`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id % 100 < 2")
        var configuration = scenario.removing("card", allowing: 3)
        configuration.tables[0].filter = "src.id > 150"
        configuration.tables[0].scope = "id > 150 OR false"
        let report = try await scenario.sync(configuration)
        #expect(report.totals.deleted == 3)
        #expect(
          try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM card WHERE id % 100 < 2")
            == "1 100 101 1000")
      }
    }

    @Test(arguments: ["where", "query", "view"])
    func `where the source is read in part, a scope must be declared`(part: String) async throws {
      try await withCards { scenario async throws in
        var configuration = scenario.removing("card")
        switch part {
        case "where": configuration.tables[0].filter = "src.id > 150"
        case "query": configuration.tables[0].source = .query("SELECT * FROM public.card WHERE id > 150")
        default:
          try await scenario.source.run("CREATE VIEW few AS SELECT * FROM card WHERE id > 150")
          configuration.tables[0].source = .relation(TableName(name: "few"))
        }
        let planned = configuration
        let refusal = await #expect(throws: PlanRefusal.self) { _ = try await Sync(planned).plan() }
        let problems = refusal?.problems ?? []
        #expect(problems.contains { $0.advice.contains("`scope`") })
        configuration.tables[0].scope = "id > 150"
        configuration.maxDrop = .percent(100)
        #expect(try await scenario.sync(configuration).totals.deleted == 0)
      }
    }

    @Test(arguments: ["no_such > 1", "id > 'x'", "true) OR (true"])
    func `a scope that the target does not take is told in the plan`(scope: String) async throws {
      try await withCards { scenario async throws in
        var configuration = scenario.removing("card")
        configuration.tables[0].scope = scope
        let planned = configuration
        let refusal = await #expect(throws: PlanRefusal.self) { _ = try await Sync(planned).plan() }
        let problems = refusal?.problems ?? []
        #expect(problems.contains { $0.problem.contains("`scope`") })
      }
    }

    // MARK: - Somebody else at work

    @Test func `a row that the application is claiming stays, and is not waited for`() async throws {
      try await withCards { scenario async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 10")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "UPDATE public.card SET source = 'M' WHERE id = 5"])
          let report = try await scenario.sync(scenario.removing("card"))
          #expect(report.totals.deleted == 9)
          #expect(report.totals.kept == 1)
          try await app.query("COMMIT")
        }
        #expect(try await scenario.target.value("SELECT source FROM card WHERE id = 5") == "M")
        #expect(try await scenario.sync(scenario.removing("card")).totals.targetOnly == 0)
      }
    }

    @Test func `a rule on DELETE is told in the plan`() async throws {
      try await withCards { scenario async throws in
        try await scenario.target.run(
          "CREATE RULE stay AS ON DELETE TO card WHERE OLD.id < 0 DO INSTEAD NOTHING")
        let refusal = await #expect(throws: PlanRefusal.self) { _ = try await Sync(scenario.removing("card")).plan() }
        let problems = refusal?.problems ?? []
        #expect(problems.contains { $0.problem.contains("the rule stay") })
      }
    }
  }
}

extension Scenario {
  /// The same where rows go that the source no longer has.
  func removing(_ tables: String..., allowing rows: Int? = nil) -> SyncConfiguration {
    var configuration = configuration(tables.map { TableConfiguration(target: TableName(name: $0)) })
    configuration.deletes = .remove
    for place in configuration.tables.indices { configuration.tables[place].allowedDeletes = rows }
    return configuration
  }
}
