import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Direct loads that break off or are given up, after which the stage judges each row.
  @Suite struct GivenUpLoadTests {
    /// Rows that only the stage can judge, and what the report says of the direct load.
    struct Dirt: Sendable, CustomTestStringConvertible {
      var name: String
      var setup: String
      var target = ""
      var reason: String
      var inserted: Int
      var testDescription: String { name }
    }

    static let dirt: [Dirt] = [
      Dirt(
        name: "a key that comes twice", setup: "INSERT INTO child VALUES (7, 1, 'again', 1)", reason: "23505",
        inserted: 1999),
      Dirt(
        name: "a row without a parent", setup: "INSERT INTO child VALUES (9001, 99, 'orphan', 1)",
        reason: "rows lack their parent", inserted: 2000),
      Dirt(
        name: "a row without a key", setup: "INSERT INTO child VALUES (NULL, 1, 'nobody', 1)", reason: "23502",
        inserted: 2000),
      Dirt(
        name: "a row that a constraint refuses", setup: "INSERT INTO child VALUES (9001, 1, 'bad', 1)",
        target: "ALTER TABLE child ADD CHECK (name <> 'bad')", reason: "23514", inserted: 2000),
      Dirt(
        name: "a row that an exclusion constraint refuses", setup: "INSERT INTO child VALUES (9001, 1, 'no. 1', 1)",
        target: """
          ALTER TABLE child ADD COLUMN two text GENERATED ALWAYS AS (name) STORED;
          ALTER TABLE child ADD EXCLUDE (two WITH =);
          """, reason: "23P01", inserted: 2000),
    ]

    @Test(arguments: dirt)
    func `a load is given up, and each row judged, because of`(_ dirt: Dirt) async throws {
      try await withScenario(source: ParentAndChild.source + dirt.setup, target: ParentAndChild.target + dirt.target) {
        scenario async throws in
        let child = try await ParentAndChild.sync(scenario).table("child")
        #expect(isGivenUp(child, dirt.reason), "\(child?.notices ?? [])")
        #expect(child?.counts.inserted == dirt.inserted)
        #expect(child?.counts.read == 2001)
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "\(dirt.inserted)")
      }
    }

    /// Runs `body` while the load of `child` waits for the app, which has written a row of key 2000 and not committed.
    private func whileLoading(
      _ body: (_ scenario: Scenario, _ app: Connection) async throws -> Void,
      _ check: (_ child: TableReport?, _ scenario: Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario in
        try await scenario.target.run(ParentAndChild.filledParent)
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.child VALUES (2000, 1, 'mine', 1, 'M')"])
          async let running = ParentAndChild.sync(scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await body(scenario, app)
          return try await running
        }
        try await check(report.table("child"), scenario)
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM child c WHERE NOT EXISTS (SELECT FROM parent p WHERE p.id = c.parent)") == "0")
      }
    }

    @Test func `a row that the app creates meanwhile is protected`() async throws {
      try await whileLoading { _, app async throws in
        try await app.query("COMMIT")
      } _: { child, scenario async throws in
        #expect(isGivenUp(child, "23505"))
        #expect(child?.counts.protected == 1)
        #expect(try await scenario.target.value("SELECT name FROM child WHERE id = 2000") == "mine")
      }
    }

    @Test func `a parent that the app deletes meanwhile makes rejects, not orphans`() async throws {
      try await whileLoading { scenario, app async throws in
        try await scenario.target.run("DELETE FROM parent WHERE id = 7")
        try await app.query("ROLLBACK")
      } _: { child, _ async throws in
        #expect(isGivenUp(child, "rows lack their parent"))
        #expect(child?.counts.rejected == 100)
        #expect(child?.counts.inserted == 1900)
      }
    }

    /// Runs `change` on the target between the plan and the load of `child`.
    private func changing(_ change: String, _ check: (TableReport?, Scenario) async throws -> Void) async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // The parents wait, so that there is time; with one job the child does not begin before they have landed.
          try await app.batch(["BEGIN", "INSERT INTO public.parent VALUES (1, 'M')"])
          async let running = ParentAndChild.sync(scenario, jobs: 1)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run(change)
          try await app.query("COMMIT")
          return try await running
        }
        try await check(report.table("child"), scenario)
      }
    }

    @Test func `a column that has got a type of the same width since the plan takes no wrong bytes`() async throws {
      try await changing("ALTER TABLE child ALTER n TYPE real") {
        child, scenario async throws in
        #expect(isGivenUp(child, "since the plan"))
        #expect(try await scenario.target.value("SELECT max(n) FROM child") == "2000")
      }
    }

    @Test func `a default that is no longer the time is not relied on`() async throws {
      try await changing("ALTER TABLE child ALTER created_at SET DEFAULT '2000-01-01'") {
        child, scenario async throws in
        #expect(isGivenUp(child, "its columns have changed since the plan"))
        #expect(try await scenario.target.value("SELECT count(*) FROM child WHERE created_at < '2001-01-01'") == "0")
      }
    }

    @Test func `a trigger that is created between plan and load is run`() async throws {
      let trigger = """
        CREATE TABLE log (id int);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.log VALUES (NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note();
        """
      try await changing(trigger) { child, scenario async throws in
        #expect(isGivenUp(child, "the trigger note"))
        #expect(try await scenario.target.value("SELECT count(*) FROM log") == "2000")
      }
    }

    @Test func `a load that was given up leaves no room taken`() async throws {
      try await withScenario(
        source: ParentAndChild.source + "INSERT INTO child VALUES (7, 1, 'x', 1)", target: ParentAndChild.target
      ) {
        scenario async throws in
        let child = try await ParentAndChild.sync(scenario).table("child")
        #expect(isGivenUp(child, "23505"))
        // 2,000 rows take 14 pages; with the rows that were rolled back they would take twice as many.
        let pages = try await scenario.target.value("SELECT pg_relation_size('child') / 8192")
        #expect(Int(pages).map { $0 < 22 } == true, "\(pages) pages")
      }
    }

    @Test func `a load that is cancelled leaves nothing behind`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 30000) g"
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.settings.directLoad = .auto
        let slot = TaskSlot<SyncReport>()
        let running = slot.start { [configuration] in
          try await scenario.sync(configuration) { if case .staged = $0 { slot.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "cancelled")
        let again = try await scenario.sync(configuration).table("t")
        #expect(again?.isLoadedDirectly == true)
        #expect(again?.counts.inserted == 30_000)
      }
    }

    // MARK: - What breaks off

    @Test(arguments: ["source", "target"])
    func `a load whose session is ended is given up, and the rows go through the stage`(
      _ end: String
    ) async throws {
      let waiting =
        "CASE WHEN src.id = 1000 AND pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE src.name END"
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target + ParentAndChild.filledParent)
      { scenario async throws in
        var configuration = scenario.configuration([
          TableConfiguration(
            target: TableName(name: "child"),
            columns: [ColumnMapping(column: "name", value: .expression(waiting))])
        ])
        configuration.settings.directLoad = .auto
        let gated = configuration
        let options = ConnectionOptions(label: "gate", connectionString: scenario.source.connectionString)
        let report = try await Postgres.withConnection(options) { gate in
          try await gate.query("SELECT pg_advisory_lock(7)")
          async let running = scenario.sync(gated)
          try await scenario.source.wait(for: "t", from: TestDatabase.waitingForLock)
          let ended = try await (end == "source" ? scenario.source : scenario.target).rows(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database()
              AND \(end == "source" ? "query LIKE 'COPY%'" : "state = 'idle in transaction'")
            """)
          #expect(ended.count == 1)
          try await gate.query("SELECT pg_advisory_unlock(7)")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 2000)
        #expect(isGivenUp(report.table("child"), ""))
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "2000")
      }
    }
  }
}
