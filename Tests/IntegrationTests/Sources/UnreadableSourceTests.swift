import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// A source of which one table cannot be read: that one fails, and the others land.
  @Suite struct UnreadableSourceTests {
    private static let plain = """
      CREATE TABLE a AS SELECT g AS id, 'v' AS v FROM generate_series(1, 100) g; CREATE TABLE z AS TABLE a;
      """

    struct Flaw: Sendable, CustomTestStringConvertible {
      let name: String
      let source: String
      var query: String?
      let says: String
      var testDescription: String { name }
    }

    static let flaws = [
      Flaw(
        name: "a materialized view that nobody has filled",
        source: "CREATE MATERIALIZED VIEW bad AS SELECT * FROM a WITH NO DATA", says: "has not been populated"),
      Flaw(
        name: "a foreign table whose server is away",
        source: """
          CREATE EXTENSION postgres_fdw;
          CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'localhost', port '1', dbname 'none');
          CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'nobody');
          CREATE FOREIGN TABLE bad (id int, v text) SERVER far;
          """, says: #"could not connect to server "far""#),
      Flaw(
        name: "a foreign table that is planned by asking its server",
        source: """
          CREATE EXTENSION postgres_fdw;
          CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
            OPTIONS (host 'localhost', port '1', dbname 'none', use_remote_estimate 'true');
          CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'nobody');
          CREATE FOREIGN TABLE bad (id int, v text) SERVER far;
          """, says: #"could not connect to server "far""#),
      Flaw(
        name: "a view that fails at once", source: "CREATE VIEW bad AS SELECT id, (1 / 0)::text AS v FROM a",
        says: "division by zero"),
      Flaw(
        name: "a view that fails on the way",
        source: "CREATE VIEW bad AS SELECT id, (1 / (id - 50))::text AS v FROM a", says: "division by zero"),
      Flaw(
        name: "a query of a function that says no",
        source: """
          CREATE FUNCTION public.closed() RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;
          """, query: "SELECT id, v FROM public.a WHERE v <> public.closed()", says: "not today"),
    ]

    private func configuration(_ scenario: Scenario, _ flaw: Flaw) -> SyncConfiguration {
      let bad = TableConfiguration(
        target: TableName(name: "bad"), source: flaw.query.map { .query($0) } ?? .sameName)
      var configuration = scenario.configuration(
        [TableConfiguration(target: TableName(name: "a")), bad]
          + ["kid", "z"].map { TableConfiguration(target: TableName(name: $0)) })
      configuration.origin = .allRowsAreOurs
      return configuration
    }

    private static let target = """
      CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE z (id int PRIMARY KEY, v text);
      CREATE TABLE bad (id int PRIMARY KEY, v text); CREATE TABLE kid (id int PRIMARY KEY, bad int REFERENCES bad);
      """

    @Test(arguments: flaws, [false, true]) func `it fails by name, what refers to it is skipped, and the others land`(
      _ flaw: Flaw, isSpilled: Bool
    ) async throws {
      let source = Self.plain + flaw.source + "; CREATE TABLE kid AS SELECT 1 AS id, 1 AS bad"
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        var configuration = configuration(scenario, flaw)
        configuration.settings.digest = .auto
        configuration.settings.directLoad = .auto
        if isSpilled { configuration.settings.spill.mode = .always }
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .partial)
          #expect(report.table("bad")?.status == .failed)
          #expect(report.table("bad")?.error?.contains(flaw.says) == true)
          #expect(report.table("kid")?.status == .skipped)
          #expect(report.table("a")?.status == .success)
          #expect(report.table("z")?.status == .success)
          #expect(try await scenario.target.value("SELECT count(*) FROM z") == "100")
        }
      }
    }

    @Test func `with one transaction for all tables none lands`() async throws {
      try await withScenario(
        source: Self.plain + Self.flaws[0].source + "; CREATE TABLE kid AS SELECT 1 AS id, 1 AS bad",
        target: Self.target
      ) { scenario async throws in
        let configuration = configuration(scenario, Self.flaws[0])
        let report = try await scenario.sync(configuration, options: Sync.Options(isAtomic: true))
        #expect(report.outcome == .failed)
        #expect(try await scenario.target.value("SELECT count(*) FROM z") == "0")
        try await scenario.source.run("REFRESH MATERIALIZED VIEW bad")
        #expect(try await scenario.sync(configuration, options: Sync.Options(isAtomic: true)).outcome == .success)
      }
    }

    @Test func `the plan tells of a view that cannot be read now`() async throws {
      try await withScenario(source: Self.plain + Self.flaws[3].source, target: Self.target) { scenario async throws in
        let plan = try await Sync(
          scenario.configuration([
            TableConfiguration(target: TableName(name: "bad"), origin: .allRowsAreOurs)
          ])
        ).plan()
        #expect(PlanSummary(plan).tables[0].notices.contains { $0.contains("cannot be read now") })
      }
    }
  }
}
