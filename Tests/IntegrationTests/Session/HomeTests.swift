import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// The databases' own code runs as in an ordinary session of that role and database.
  @Suite struct HomeTests {
    /// Both databases get these settings, such as `TimeZone = 'Europe/Berlin'`.
    private func atHome<R: Sendable>(
      _ settings: [String], source: String, target: String, _ body: (Scenario) async throws -> R
    ) async throws -> R {
      try await withScenario(source: source, target: target) { scenario in
        let databases = [scenario.source, scenario.target]
        for database in databases {
          for setting in settings {
            try await database.cluster.database().run("ALTER DATABASE \"\(database.name)\" SET \(setting)")
          }
        }
        let result: Result<R, any Error>
        do { result = .success(try await body(scenario)) } catch { result = .failure(error) }
        for database in databases {
          try await database.cluster.database().run("ALTER DATABASE \"\(database.name)\" RESET ALL")
        }
        return try result.get()
      }
    }

    private func configuration(_ scenario: Scenario, _ tables: String...) -> SyncConfiguration {
      var configuration = scenario.configuration(tables.map { TableConfiguration(target: TableName(name: $0)) })
      configuration.settings.directLoad = .auto
      return configuration
    }

    @Test(arguments: [true, false])
    func `a trigger finds what it names without a schema, in an empty table and in a full one`(isEmpty: Bool)
      async throws
    {
      let target = """
        \(Scenario.appPeople)
        CREATE TABLE change_log (id int, zone text, tenant text, at timestamp DEFAULT now());
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO change_log VALUES (NEW.id, current_setting('TimeZone'), current_setting('app.tenant')); RETURN NEW;
        END $$;
        CREATE TRIGGER note AFTER INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION note();
        CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          UPDATE change_log SET tenant = tenant || '!' WHERE id = NEW.id; RETURN NEW;
        END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION late();
        """
      let filled = isEmpty ? target : target + "SET app.tenant = '0'; INSERT INTO people VALUES (9, 'app', 'M');"
      let settings = ["TimeZone = 'Asia/Kolkata'", "app.tenant = '7'"]
      try await atHome(settings, source: Scenario.people, target: filled) { scenario async throws in
        let report = try await scenario.sync(configuration(scenario, "people"))
        #expect(report.outcome == .success, "\(report.tables.compactMap(\.error))")
        #expect(
          try await scenario.target.rows("SELECT id, zone, tenant FROM change_log WHERE id < 9 ORDER BY id")
            == [["1", "Asia/Kolkata", "7!"], ["2", "Asia/Kolkata", "7!"], ["3", "Asia/Kolkata", "7!"]])
        #expect(
          try await scenario.target.value(
            "SELECT count(*) FROM change_log WHERE id < 9 AND abs(extract(epoch FROM at - localtimestamp)) > 600")
            == "0")
      }
    }

    @Test func `what a target computes calls functions without their schema`() async throws {
      let source = "CREATE TABLE title (id int, words text); INSERT INTO title VALUES (1, 'The Pier'), (2, 'Low Tide')"
      let target = """
        CREATE FUNCTION squeezed(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT replace($1, ' ', '') $$;
        CREATE FUNCTION form(text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS
          $$ BEGIN RETURN lower(squeezed($1)); END $$;
        CREATE TABLE title (id int PRIMARY KEY, words text CHECK (form(words) <> ''), source text,
          form text GENERATED ALWAYS AS (form(words)) STORED);
        CREATE INDEX ON title (form(words)); INSERT INTO title VALUES (9, 'App', 'M');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(configuration(scenario, "title")).outcome == .success)
        try await scenario.source.run("UPDATE title SET words = 'High Tide' WHERE id = 2")
        #expect(try await scenario.sync(configuration(scenario, "title")).totals.updated == 1)
        #expect(
          try await scenario.target.rows("SELECT form FROM title ORDER BY id") == [["thepier"], ["hightide"], ["app"]])
      }
    }

    @Test func `a view of the source sees the path and the time zone of its database`() async throws {
      let source = """
        CREATE TABLE rate (name text, factor numeric); INSERT INTO rate VALUES ('NOK', 11.5);
        CREATE FUNCTION factor_of(text) RETURNS numeric LANGUAGE plpgsql STABLE AS
          $$ BEGIN RETURN (SELECT factor FROM rate WHERE name = $1); END $$;
        CREATE TABLE call (id int, at timestamptz); INSERT INTO call VALUES (1, '2026-07-01 00:30+02');
        CREATE VIEW days AS SELECT id, at, at::date AS day, factor_of('NOK') AS factor FROM call;
        """
      let target = "CREATE TABLE days (id int PRIMARY KEY, at timestamptz, day date, factor numeric)"
      try await atHome(["TimeZone = 'Europe/Berlin'"], source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "days")
        configuration.origin = .allRowsAreOurs
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.rows("SELECT day, factor FROM days") == [["2026-07-01", "11.5"]])
      }
    }

    @Test(arguments: ["", "DEFAULT now()"], [true, false])
    func `stamps stand in the time zone of the target`(_ rule: String, isEmpty: Bool) async throws {
      let target = """
        CREATE TABLE people (id int PRIMARY KEY, name text, source text, created_at timestamp \(rule),
          updated_at timestamp \(rule)); \(isEmpty ? "" : "INSERT INTO people VALUES (9, 'app', 'M')");
        """
      let settings = ["TimeZone = 'Asia/Kolkata'", "DateStyle = 'German'"]
      try await atHome(settings, source: Scenario.people, target: target) { scenario async throws in
        let wrong = """
          SELECT count(*) FROM people WHERE id < 9 AND (created_at IS NULL
            OR abs(extract(epoch FROM created_at - localtimestamp)) > 600
            OR abs(extract(epoch FROM updated_at - localtimestamp)) > 600)
          """
        #expect(try await scenario.sync(configuration(scenario, "people")).totals.inserted == 3)
        #expect(try await scenario.target.value(wrong) == "0")
        try await scenario.source.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        try await scenario.target.run("UPDATE people SET updated_at = 'epoch' WHERE id = 2")
        #expect(try await scenario.sync(configuration(scenario, "people")).totals.updated == 1)
        #expect(try await scenario.target.value(wrong) == "0")
      }
    }

    @Test func `event triggers run at home when pgtide makes its own tables`() async throws {
      let target = """
        \(Scenario.appPeople) INSERT INTO people VALUES (9, 'app', 'M'); CREATE TABLE ddl_log (tag text, zone text);
        CREATE FUNCTION note_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO ddl_log VALUES (tg_tag, current_setting('TimeZone')); END $$;
        CREATE EVENT TRIGGER note_ddl ON ddl_command_end EXECUTE FUNCTION note_ddl();
        """
      try await atHome(["TimeZone = 'Asia/Kolkata'"], source: Scenario.people, target: target) {
        scenario async throws in
        let report = try await scenario.sync(configuration(scenario, "people"))
        try await scenario.target.run("DROP EVENT TRIGGER note_ddl")
        #expect(report.outcome == .success)
        #expect(try await scenario.target.rows("SELECT DISTINCT zone FROM ddl_log") == [["Asia/Kolkata"]])
      }
    }

    @Test func `a trigger reads a table under the policies that hold for the app`() async throws {
      let precheck = Precheck(
        name: "policies",
        flaw: """
          CREATE TABLE caps (tenant int, cap text); INSERT INTO caps VALUES (1, 'one'), (2, 'two');
          ALTER TABLE caps ENABLE ROW LEVEL SECURITY; GRANT SELECT ON caps TO {role};
          CREATE POLICY mine ON caps TO {role} USING (tenant = 1);
          CREATE FUNCTION cap() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.v = (SELECT string_agg(cap, ' ') FROM caps); RETURN NEW; END $$;
          CREATE TRIGGER cap BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION cap();
          """ + Precheck.rights, asRole: [.target], says: [])
      try await precheck.prepared { scenario, configuration async throws in
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success, "\(report.tables.compactMap(\.error))")
        #expect(try await scenario.target.value("SELECT v FROM t") == "one")
      }
    }

    @Test func `casts between times with and without a zone are in UTC, where no hour is lost`() async throws {
      let source = """
        SET TimeZone = 'UTC';
        CREATE TABLE times (id int, a timestamptz, b timestamp, c timestamptz, d date);
        INSERT INTO times VALUES (1, '2024-10-27 00:30', '2024-03-31 02:30', '2024-10-27 00:00', '2024-05-01'),
          (2, '2024-10-27 01:30', '2024-10-27 02:30', 'infinity', 'infinity');
        """
      let target = "CREATE TABLE times (id int PRIMARY KEY, a timestamp, b timestamptz, c date, d timestamptz)"
      try await atHome(["TimeZone = 'Europe/Berlin'"], source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "times")
        configuration.origin = .allRowsAreOurs
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        #expect(
          try await scenario.target.rows("SET TimeZone = 'UTC'; SELECT * FROM times ORDER BY id") == [
            ["1", "2024-10-27 00:30:00", "2024-03-31 02:30:00+00", "2024-10-27", "2024-05-01 00:00:00+00"],
            ["2", "2024-10-27 01:30:00", "2024-10-27 02:30:00+00", "infinity", "infinity"],
          ])
        #expect(try await scenario.sync(configuration).totals.unchanged == 2)
      }
    }

    @Test func `a view whose values travel as text sees the settings for that, and the plan says so`() async throws {
      let source = """
        CREATE TABLE call (id int, at timestamptz); INSERT INTO call VALUES (1, '2026-07-01 00:30+02');
        CREATE VIEW days AS SELECT id, at, at::date AS day FROM call;
        """
      let target = "CREATE TABLE days (id int PRIMARY KEY, at text, day date)"
      try await atHome(["TimeZone = 'Europe/Berlin'"], source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario, "days")
        configuration.origin = .allRowsAreOurs
        let notices = PlanSummary(try await Sync(configuration).plan()).tables.first?.notices ?? []
        #expect(notices.contains { $0.contains("at: the values travel as text, so ISO dates") })
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.value("SELECT at FROM days") == "2026-06-30 22:30:00+00")
      }
    }
  }
}
