import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Foreign keys of inserted rows, proved in sets or kept by triggers.
  @Suite struct IntegrityTests {
    private static let source = """
      CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 20) g;
      CREATE TABLE child AS SELECT g AS id, g % 20 + 1 AS parent FROM generate_series(1, 2000) g;
      """
    private static let target = """
      CREATE TABLE parent (id int PRIMARY KEY, source text);
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
      """

    private static let isProved = "checked in sets"

    /// Through the stage; what a direct load proves is told where that is tested.
    private func sync(_ scenario: Scenario, settings: RunSettings = RunSettings()) async throws -> SyncReport {
      try await scenario.sync(
        scenario.configuration(
          ["parent", "child"].map { TableConfiguration(target: TableName(name: $0)) }, settings: settings
        ).staged)
    }

    private func orphans(_ scenario: Scenario) async throws -> String {
      try await scenario.target.value(
        "SELECT count(*) FROM child c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT FROM parent p WHERE p.id = c.parent)"
      )
    }

    @Test func `many inserted rows are proved in sets, and an orphan is rejected before`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.source.run("INSERT INTO child VALUES (9001, 99), (9002, NULL)")
        let report = try await sync(scenario)
        #expect(report.table("child")?.integrity == Self.isProved)
        #expect(report.table("child")?.counts.inserted == 2001)
        #expect(report.table("child")?.counts.rejected == 1)
        #expect(try await orphans(scenario) == "0")
      }
    }

    @Test func `few inserted rows go by trigger`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.source.run("DELETE FROM child WHERE id > 999")
        #expect(try await sync(scenario).table("child")?.integrity == "triggers: few rows")
      }
    }

    @Test func `triggers can be asked for`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, settings: RunSettings(integrity: .triggers))
        #expect(report.table("child")?.integrity == "triggers: as configured")
      }
    }

    // MARK: - What sends a table to the triggers

    struct Obstacle: Sendable, CustomTestStringConvertible {
      var name: String
      /// Run on the target before the run.
      var setup: String
      var reason: String
      /// Answers `t` when what the triggers look after is as it must be.
      var check = "SELECT true"
      var inserted = 2000
      var testDescription: String { name }
    }

    /// Each of them would commit an orphan or a duplicate, or leave a trigger out, if the proof were believed.
    static let obstacles: [Obstacle] = [
      Obstacle(
        name: "a user's trigger",
        setup: """
          CREATE TABLE log (id int);
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.log VALUES (NEW.id); RETURN NULL; END $$;
          CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note();
          """,
        reason: "the trigger note", check: "SELECT count(*) = 2000 FROM log"),
      Obstacle(
        name: "a trigger that runs for replicas only",
        setup: """
          CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
          CREATE TRIGGER lose BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION lose();
          ALTER TABLE child ENABLE REPLICA TRIGGER lose;
          """,
        reason: "the trigger lose"),
      Obstacle(
        name: "a deferrable unique constraint",
        setup: """
          ALTER TABLE child ADD COLUMN code int DEFAULT 1;
          ALTER TABLE child ADD CONSTRAINT code UNIQUE (code) DEFERRABLE;
          """,
        reason: "the target refused rows", check: "SELECT count(*) = count(DISTINCT code) FROM child",
        inserted: 1),
      Obstacle(
        name: "a foreign key that is NOT VALID",
        setup: """
          ALTER TABLE child DROP CONSTRAINT child_parent_fkey;
          ALTER TABLE child ADD CONSTRAINT later FOREIGN KEY (parent) REFERENCES parent NOT VALID;
          """,
        reason: "the foreign key later, which is NOT VALID"),
      Obstacle(
        name: "a foreign key that always fires, or never",
        setup: "ALTER TABLE child DISABLE TRIGGER ALL",
        reason: "a constraint whose triggers are disabled"),
      Obstacle(
        name: "a foreign key over another type",
        setup: """
          ALTER TABLE child DROP CONSTRAINT child_parent_fkey;
          ALTER TABLE child ALTER COLUMN parent TYPE bigint;
          ALTER TABLE child ADD CONSTRAINT wide FOREIGN KEY (parent) REFERENCES parent;
          """,
        reason: "the foreign key wide, which compares different types"),
      Obstacle(
        name: "a foreign key of a column that keeps its default",
        setup: """
          ALTER TABLE child ADD COLUMN other int DEFAULT 99 REFERENCES parent;
          INSERT INTO parent VALUES (99, 'M');
          """,
        reason: "a foreign key uses a column that keeps its default"),
    ]

    @Test(arguments: obstacles)
    func `a table goes by trigger because of`(_ obstacle: Obstacle) async throws {
      try await withScenario(source: Self.source, target: Self.target + obstacle.setup) { scenario async throws in
        let report = try await sync(scenario)
        let integrity = report.table("child")?.integrity ?? "none"
        #expect(integrity.contains(obstacle.reason), "\(integrity)")
        #expect(report.table("child")?.counts.inserted == obstacle.inserted)
        #expect(try await scenario.target.value(obstacle.check) == "t")
      }
    }

    @Test func `beside a trigger that fires on updates alone inserts are proved, and updates fire it`() async throws {
      let trigger = """
        CREATE TABLE log (id int);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.log VALUES (NEW.id); RETURN NULL; END $$;
        CREATE TRIGGER note AFTER UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION note();
        """
      try await withScenario(source: Self.source, target: Self.target + trigger) { scenario async throws in
        #expect(try await sync(scenario).table("child")?.integrity == "checked in sets")
        try await scenario.source.run(
          """
          INSERT INTO child SELECT id + 100000, parent FROM child;
          DELETE FROM child WHERE id = 5;
          """)
        try await scenario.target.run("UPDATE child SET parent = NULL WHERE id IN (6, 7); TRUNCATE log")
        let second = try await sync(scenario).table("child")
        #expect(second?.integrity == "checked in sets")
        #expect(second?.counts.updated == 2)
        #expect(second?.counts.inserted == 2000)
        #expect(try await scenario.target.value("SELECT count(*) FROM log") == "2")
      }
    }

    @Test func `a role that may not leave triggers out goes by trigger, and the plan says why`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let role = "plain_\(scenario.target.name)"
        try await scenario.target.run(
          """
          CREATE ROLE \(role) LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE \(scenario.target.name) TO \(role);
          ALTER TABLE parent OWNER TO \(role); ALTER TABLE child OWNER TO \(role); GRANT CREATE ON SCHEMA public TO \(role);
          """)
        var configuration = scenario.configuration("parent", "child").staged
        configuration.target.connection += " user=\(role) password=x"
        let report = try await scenario.sync(configuration)
        #expect(report.table("child")?.integrity?.contains("may not set session_replication_role") == true)
        #expect(report.table("child")?.counts.inserted == 2000)
        try await scenario.target.run("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
      }
    }

    // MARK: - While others work

    /// Runs `body` while the run waits in its merge of `child`, before its rows are proved: for a row of the app's that has
    /// the key of a new one, and is not committed. The run waits until it is, even if the app deletes the row again.
    private func whileMerging(
      _ body: (_ scenario: Scenario, _ app: Connection) async throws -> Void,
      _ check: (_ report: SyncReport, _ scenario: Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        try await scenario.target.run("INSERT INTO parent SELECT g, 'D' FROM generate_series(1, 20) g")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.child VALUES (2000, 1, 'M')"])
          async let running = sync(scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await body(scenario, app)
          return try await running
        }
        try await check(report, scenario)
        #expect(try await orphans(scenario) == "0")
      }
    }

    @Test func `a parent that the app deletes while its children are inserted makes rejects, not orphans`() async throws
    {
      try await whileMerging { _, app async throws in
        try await app.batch([
          "DELETE FROM public.child WHERE id = 2000", "DELETE FROM public.parent WHERE id = 7", "COMMIT",
        ])
      } _: { report, _ async throws in
        #expect(report.table("child")?.retries == 1)
        #expect(report.table("child")?.counts.rejected == 100)
        #expect(report.table("child")?.counts.inserted == 1900)
      }
    }

    @Test func `a key that the app takes while rows are inserted is its own, and a parent that it deletes no parent`()
      async throws
    {
      try await whileMerging { _, app async throws in
        try await app.batch(["DELETE FROM public.parent WHERE id = 7", "COMMIT"])
      } _: { report, scenario async throws in
        #expect(report.table("child")?.counts.rejected == 100)
        #expect(report.table("child")?.counts.protected == 1)
        #expect(report.table("child")?.counts.inserted == 1899)
        #expect(try await scenario.target.value("SELECT parent FROM child WHERE id = 2000 AND source = 'M'") == "1")
      }
    }

    @Test func `a parent whose key the app changes meanwhile makes rejects, not orphans`() async throws {
      try await whileMerging { _, app async throws in
        try await app.batch([
          "DELETE FROM public.child WHERE id = 2000", "UPDATE public.parent SET id = 707 WHERE id = 7", "COMMIT",
        ])
      } _: { report, _ async throws in
        #expect(report.table("child")?.counts.rejected == 100)
      }
    }

    @Test func `a parent that the app wants to delete after the proof waits, and is kept`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.target.run("INSERT INTO parent SELECT g, 'D' FROM generate_series(1, 20) g")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        // The merge's last statement but COMMIT waits for the status table, so that the proof's locks are held.
        try await scenario.target.run(
          "CREATE TABLE _sync_metadata AS SELECT 'child'::text AS table_name, now() AS last_sync_timestamp, 0::bigint AS records_synced, 'pending'::text AS sync_status, NULL::text AS error_message, now() AS updated_at"
        )
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "SELECT FROM public._sync_metadata WHERE table_name = 'child' FOR UPDATE"])
          async let running = sync(scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          let deleted = Task { try await scenario.target.run("DELETE FROM parent WHERE id = 7") }
          try await scenario.target.wait(
            for: "t",
            from:
              "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'DELETE FROM parent%' AND wait_event_type = 'Lock'"
          )
          try await app.query("COMMIT")
          await #expect(throws: (any Error).self) { try await deleted.value }
          return try await running
        }
        #expect(report.table("child")?.integrity == Self.isProved)
        #expect(report.table("child")?.counts.inserted == 2000)
        #expect(try await orphans(scenario) == "0")
      }
    }

    @Test func `a parent that another session has inserted but not committed is no parent`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.source.run("DELETE FROM parent WHERE id = 7")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.parent VALUES (7, 'M')"])
          let report = try await sync(scenario)
          #expect(report.table("child")?.counts.rejected == 100)
          try await app.query("ROLLBACK")
        }
        #expect(try await orphans(scenario) == "0")
      }
    }

    @Test func `a trigger that is created between plan and merge is run`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.target.run(
          """
          CREATE TABLE log (id int);
          CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.log VALUES (NEW.id); RETURN NULL; END $$;
          """)
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // The merge of the parents waits, so that there is time.
          try await app.batch(["BEGIN", "INSERT INTO public.parent VALUES (1, 'M')"])
          async let running = sync(scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run(
            "CREATE TRIGGER note AFTER INSERT ON child FOR EACH ROW EXECUTE FUNCTION note()")
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.table("child")?.integrity == "triggers: the trigger note")
        #expect(try await scenario.target.value("SELECT count(*) FROM log") == "2000")
      }
    }

    @Test func `a foreign key that is added between plan and merge is kept`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.target.run(
          "CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other SELECT generate_series(1, 1990)")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.parent VALUES (1, 'M')"])
          async let running = sync(scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run("ALTER TABLE child ADD FOREIGN KEY (id) REFERENCES other")
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.table("child")?.counts.inserted == 1990)
        #expect(report.table("child")?.counts.rejected == 10)
      }
    }
  }
}
