import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Foreign keys whose values occur in few combinations, so that one reading of the inserted rows proves them all.
  @Suite struct SharedProofTests {
    private static let source = """
      CREATE TABLE kind AS SELECT g AS id FROM generate_series(1, 2) g;
      CREATE TABLE country AS SELECT g AS id FROM generate_series(1, 3) g;
      CREATE TABLE region AS SELECT country.id AS country, g AS id FROM country, generate_series(1, 2) g;
      CREATE TABLE place AS SELECT g AS id, CASE WHEN g % 10 > 0 THEN g % 2 + 1 END AS kind,
        g % 3 + 1 AS country, CASE WHEN g % 7 > 0 THEN g % 2 + 1 END AS region
      FROM generate_series(1, 2000) g;
      """
    private static let target = """
      CREATE TABLE kind (id int PRIMARY KEY, source text);
      CREATE TABLE country (id int PRIMARY KEY, source text);
      CREATE TABLE region (country int, id int, source text, PRIMARY KEY (country, id));
      CREATE TABLE place (id int PRIMARY KEY, kind int REFERENCES kind, country int REFERENCES country, region int,
        source text, FOREIGN KEY (country, region) REFERENCES region);
      """
    /// The parents as they will be, so that only `place` is written.
    private static let parents = """
      INSERT INTO kind SELECT g, 'D' FROM generate_series(1, 2) g;
      INSERT INTO country SELECT g, 'D' FROM generate_series(1, 3) g;
      INSERT INTO region SELECT country.id, g, 'D' FROM country, generate_series(1, 2) g;
      """
    private static let orphans = """
      SELECT count(*) FROM place WHERE kind NOT IN (SELECT id FROM kind) OR country NOT IN (SELECT id FROM country)
        OR (country, region) NOT IN (SELECT country, id FROM region)
      """

    private func sync(_ scenario: Scenario, _ rule: DirectLoadRule) async throws -> (report: SyncReport, shared: Int) {
      let traces = TraceCollector()
      var configuration = scenario.configuration("kind", "country", "region", "place")
      configuration.settings.directLoad = rule
      let report = try await scenario.sync(configuration, options: Sync.Options(tracer: { traces.add($0) }))
      return (report, traces.statements.count { $0.contains("WITH combinations") })
    }

    @Test(arguments: [DirectLoadRule.auto, .never])
    func `few combinations are found once, and prove all foreign keys`(_ rule: DirectLoadRule) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let (report, shared) = try await sync(scenario, rule)
        #expect(shared == 1)
        #expect(report.table("place")?.integrity == "checked in sets")
        #expect(report.table("place")?.isLoadedDirectly == (rule == .auto))
        #expect(report.table("place")?.counts.inserted == 2000)
      }
    }

    @Test func `where there may be more combinations than a quarter of the rows, each key is proved alone`()
      async throws
    {
      let more = """
        INSERT INTO kind SELECT g FROM generate_series(3, 600) g;
        INSERT INTO country SELECT g FROM generate_series(4, 600) g;
        """
      try await withScenario(source: Self.source + more, target: Self.target) { scenario async throws in
        let (report, shared) = try await sync(scenario, .never)
        #expect(shared == 0)
        #expect(report.table("place")?.integrity == "checked in sets")
        #expect(report.table("place")?.counts.inserted == 2000)
      }
    }

    @Test(arguments: ["(9001, 9, 1, 1)", "(9001, 1, 9, NULL)", "(9001, 1, 1, 9)"])
    func `a key without a parent is found, whichever it is of`(_ row: String) async throws {
      try await withScenario(source: Self.source + "INSERT INTO place VALUES \(row)", target: Self.target) {
        scenario async throws in
        let (report, shared) = try await sync(scenario, .auto)
        // The direct load's proof, and the one of what went through the stage after it.
        #expect(shared == 2)
        #expect(isGivenUp(report.table("place"), "rows lack their parent"))
        #expect(report.table("place")?.counts.inserted == 2000)
        #expect(report.table("place")?.counts.rejected == 1)
      }
    }

    struct Deletion: Sendable {
      var parents: String
      var children: String
    }

    @Test(arguments: [
      Deletion(parents: "public.kind WHERE id = 2", children: "kind = 2"),
      Deletion(parents: "public.region WHERE country = 2 AND id = 1", children: "country = 2 AND region = 1"),
    ])
    func `a parent that the app deletes while its children are inserted makes rejects, not orphans`(
      _ deletion: Deletion
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target + Self.parents) { scenario async throws in
        let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(app) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.place VALUES (2000, 1, 1, 1, 'M')"])
          async let running = sync(scenario, .never)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          // The run waits for its end, even though the row has gone before.
          try await app.batch([
            "DELETE FROM public.place WHERE id = 2000", "DELETE FROM \(raw: deletion.parents)", "COMMIT",
          ])
          return try await running.report
        }
        let lost = try #require(
          Int(try await scenario.source.value("SELECT count(*) FROM place WHERE \(deletion.children)")))
        #expect(report.table("place")?.retries == 1)
        #expect(report.table("place")?.counts.rejected == lost)
        #expect(report.table("place")?.counts.inserted == 2000 - lost)
        #expect(try await scenario.target.value(Self.orphans) == "0")
      }
    }

    @Test(arguments: ["kind WHERE id = 2", "region WHERE country = 2 AND id = 1"])
    func `a parent that the app wants to delete after the proof waits, and is kept`(_ parent: String) async throws {
      // The merge's last statement but COMMIT waits for the status table, so that the proof's locks are held.
      let status = """
        CREATE TABLE _sync_metadata AS SELECT 'place'::text AS table_name, now() AS last_sync_timestamp,
          0::bigint AS records_synced, 'pending'::text AS sync_status, NULL::text AS error_message, now() AS updated_at
        """
      try await withScenario(source: Self.source, target: Self.target + Self.parents + status) {
        scenario async throws in
        let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(app) { app in
          try await app.batch(["BEGIN", "SELECT FROM public._sync_metadata WHERE table_name = 'place' FOR UPDATE"])
          async let running = sync(scenario, .never)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          let deleted = Task { try await scenario.target.run("DELETE FROM \(parent)") }
          try await scenario.target.wait(
            for: "t",
            from: """
              SELECT count(*) > 0 FROM pg_stat_activity
              WHERE query LIKE 'DELETE FROM \(parent.prefix(4))%' AND wait_event_type = 'Lock'
              """)
          try await app.query("COMMIT")
          await #expect(throws: (any Error).self) { try await deleted.value }
          return try await running.report
        }
        #expect(report.table("place")?.integrity == "checked in sets")
        #expect(report.table("place")?.counts.inserted == 2000)
        #expect(try await scenario.target.value(Self.orphans) == "0")
      }
    }
  }
}
