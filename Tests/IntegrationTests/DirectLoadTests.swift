import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Empty tables that are loaded straight from the source, and what sends their rows through the stage after all.
  @Suite struct DirectLoadTests {
    private static let source = """
      CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 20) g;
      CREATE TABLE child AS SELECT g AS id, g % 20 + 1 AS parent, 'no. ' || g AS name, g AS n
        FROM generate_series(1, 2000) g;
      """
    private static let target = """
      CREATE TABLE parent (id int PRIMARY KEY, source text);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, name text, n int, source char(1) DEFAULT 'M',
        created_at timestamptz DEFAULT now(), updated_at timestamp(3));
      """
    private static let filledParent = "INSERT INTO parent SELECT g, 'D' FROM generate_series(1, 20) g"

    private func sync(
      _ scenario: Scenario, _ rule: DirectLoadRule = .auto, jobs: Int = 2
    ) async throws -> SyncReport {
      var configuration = scenario.configuration("parent", "child")
      configuration.settings.directLoad = rule
      configuration.settings.jobs = jobs
      return try await scenario.sync(configuration)
    }

    /// What stands in `child`, without the stamps.
    private func children(_ scenario: Scenario) async throws -> String {
      try await scenario.target.value(
        "SELECT md5(string_agg(ROW(id, parent, name, n, source)::text, ',' ORDER BY id)) FROM child")
    }

    // MARK: - What breaks off

    @Test(arguments: ["source", "target"])
    func `a load whose session is ended is given up, and the rows go through the stage`(
      _ end: String
    ) async throws {
      let waiting =
        "CASE WHEN src.id = 1000 AND pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE src.name END"
      try await withScenario(source: Self.source, target: Self.target + Self.filledParent) { scenario async throws in
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

    // MARK: - What lands

    @Test func `an empty table is loaded without a stage, with marker and stamps`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario)
        let child = try #require(report.table("child"))
        #expect(child.isLoadedDirectly)
        #expect(child.counts.read == 2000)
        #expect(child.counts.inserted == 2000)
        #expect(child.bytes > 0)
        #expect(
          try await scenario.target.value(
            """
            SELECT count(*) FROM child WHERE source = 'D' AND created_at > now() - interval '1 minute'
              AND updated_at = (created_at AT TIME ZONE 'UTC')::timestamp(3)
            """) == "2000")
        // It stands there for the next run.
        #expect(try await scenario.target.value("SELECT pg_relation_size('pgtide.stage_forward_public_child')") == "0")
        #expect(try await sync(scenario).table("child")?.counts.unchanged == 2000)
      }
    }

    @Test func `what is loaded directly is what goes through the stage`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        #expect(try await sync(scenario, .never).table("child")?.isLoadedDirectly == false)
        let staged = try await children(scenario)
        try await scenario.target.run("TRUNCATE child")
        #expect(try await sync(scenario).table("child")?.isLoadedDirectly == true)
        #expect(try await children(scenario) == staged)
      }
    }

    @Test func `foreign keys of a direct load are proved in sets, or kept by triggers where that is asked for`()
      async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        #expect(try await sync(scenario).table("child")?.integrity == "proved in sets")
        try await scenario.target.run("TRUNCATE child")
        var configuration = scenario.configuration("parent", "child")
        configuration.settings.directLoad = .auto
        configuration.settings.integrity = .triggers
        let child = try await scenario.sync(configuration).table("child")
        #expect(child?.integrity == "triggers: as configured")
        #expect(child?.isLoadedDirectly == true)
      }
    }

    // MARK: - What stands in the way

    @Test func `a table that holds a row of the app goes through the stage, and the row stays`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.target.run(Self.filledParent)
        try await scenario.target.run("INSERT INTO child VALUES (7, NULL, 'mine', 1, 'M')")
        let child = try #require(try await sync(scenario).table("child"))
        #expect(!child.isLoadedDirectly)
        #expect(child.counts.protected == 1)
        #expect(try await scenario.target.value("SELECT name FROM child WHERE id = 7") == "mine")
      }
    }

    @Test func `a trigger that fires on updates alone keeps no table from it, and fires on the updates after it`()
      async throws
    {
      let trigger = """
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at = '2000-01-01'; RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION touch();
        """
      try await withScenario(source: Self.source, target: Self.target + trigger) { scenario async throws in
        let child = try await sync(scenario).table("child")
        #expect(child?.isLoadedDirectly == true)
        #expect(child?.integrity == "proved in sets")
        try await scenario.source.run("UPDATE child SET name = 'changed' WHERE id <= 3")
        #expect(try await sync(scenario).table("child")?.counts.updated == 3)
        let touched = "SELECT count(*) FROM child WHERE updated_at = '2000-01-01' AND name = 'changed'"
        #expect(try await scenario.target.value(touched) == "3")
      }
    }

    @Test func `an identity column that is always generated keeps the source's numbers`() async throws {
      let source = "CREATE TABLE t AS SELECT g * 10 AS id FROM generate_series(1, 5) g"
      let target = "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.settings.directLoad = .auto
        #expect(try await scenario.sync(configuration).table("t")?.isLoadedDirectly == true)
        #expect(try await scenario.target.value("SELECT sum(id) FROM t") == "150")
      }
    }

    // MARK: - What gives a load up

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
      try await withScenario(source: Self.source + dirt.setup, target: Self.target + dirt.target) {
        scenario async throws in
        let child = try await sync(scenario).table("child")
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
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        try await scenario.target.run(Self.filledParent)
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.child VALUES (2000, 1, 'mine', 1, 'M')"])
          async let running = sync(scenario)
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
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // The parents wait, so that there is time; with one job the child does not begin before they have landed.
          try await app.batch(["BEGIN", "INSERT INTO public.parent VALUES (1, 'M')"])
          async let running = sync(scenario, jobs: 1)
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
      try await withScenario(source: Self.source + "INSERT INTO child VALUES (7, 1, 'x', 1)", target: Self.target) {
        scenario async throws in
        let child = try await sync(scenario).table("child")
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

    // MARK: - Before what it refers to

    @Test func `a child is loaded while its parent still waits, and lands after it`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.parent IN SHARE MODE"])
          async let running = sync(scenario)
          try await scenario.target.wait(
            for: "t",
            from: """
              SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') = 1
                AND count(*) FILTER (WHERE state = 'idle in transaction' AND query LIKE 'ANALYZE%child%') = 1
              FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()
              """)
          #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.tables.allSatisfy { $0.isLoadedDirectly })
        #expect(report.table("child")?.integrity == "proved in sets")
        #expect(report.table("child")?.isAnalyzed == true)
        #expect(
          try await scenario.target.value("SELECT count(*) FROM child JOIN parent ON parent.id = parent") == "2000")
      }
    }

    @Test func `a child that was loaded before its parent failed is rolled back`() async throws {
      try await withScenario(source: Self.source, target: Self.target + Scenario.failing("parent")) {
        scenario async throws in
        let report = try await sync(scenario)
        #expect(report.table("parent")?.status == .failed)
        #expect(report.table("child")?.status == .skipped)
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
      }
    }

    @Test func `a row without a parent sends a child that was loaded early through the stage`() async throws {
      try await withScenario(source: Self.source + "DELETE FROM parent WHERE id = 3", target: Self.target) {
        scenario async throws in
        let child = try await sync(scenario).table("child")
        #expect(isGivenUp(child, "rows lack their parent"))
        #expect(child?.counts.inserted == 1900)
        #expect(child?.counts.rejected == 100)
      }
    }

    // MARK: - What is not tried

    struct Reason: Sendable, CustomTestStringConvertible {
      var name: String
      var source = ""
      var target = ""
      var change: @Sendable (inout TableConfiguration) -> Void = { _ in }
      var testDescription: String { name }
    }

    static let reasons: [Reason] = [
      Reason(name: "not every value may fit column name", target: "ALTER TABLE child ALTER name TYPE varchar(20)"),
      Reason(
        name: "column name is cast on the target",
        target: "CREATE DOMAIN word AS text; ALTER TABLE child ALTER name TYPE word"),
      Reason(name: "column name is a constant") {
        $0.columns = [ColumnMapping(column: "name", value: .constant("x"))]
      },
      Reason(
        name: "the key column id may be NULL",
        target: "ALTER TABLE child DROP CONSTRAINT child_pkey, ADD UNIQUE (id), ALTER id DROP NOT NULL"
      ) { $0.key = ["id"] },
      Reason(name: "`duplicates` picks one row of a key") { $0.duplicates = .last(by: "src.id") },
      Reason(name: "the foreign key child_parent_fkey is not looked for") {
        $0.ignoredReferences = ["child_parent_fkey"]
      },
      Reason(
        name: "a trigger of the table may write to it",
        target: """
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
          CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note();
          """),
      Reason(name: "a row may stand in a table that inherits from it", target: "CREATE TABLE more () INHERITS (child)"),
      Reason(
        name: "the marker or a stamp is of a type of its own",
        target: "CREATE DOMAIN mark AS text; ALTER TABLE child ALTER source DROP DEFAULT, ALTER source TYPE mark"),
      Reason(name: "it is not empty", target: "\(filledParent); INSERT INTO child VALUES (1, 1); ANALYZE child"),
    ]

    @Test(arguments: reasons) func `the plan says why a table goes through the stage`(_ reason: Reason) async throws {
      try await withScenario(source: Self.source + reason.source, target: Self.target + reason.target) {
        scenario async throws in
        var child = TableConfiguration(target: TableName(name: "child"))
        reason.change(&child)
        var configuration = scenario.configuration([TableConfiguration(target: TableName(name: "parent")), child])
        configuration.settings.directLoad = .auto
        let plan = PlanSummary(try await Sync(configuration).plan())
        #expect(plan.tables.last?.load == "through the stage: \(reason.name)")
      }
    }
  }
}

/// A direct load of this table was given up, for this reason among others.
func isGivenUp(_ table: TableReport?, _ reason: String) -> Bool {
  table?.isLoadedDirectly == false
    && table?.notices.contains { $0.contains("a direct load was given up") && $0.contains(reason) } == true
}
