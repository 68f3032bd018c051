import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows that a trigger of the target writes in another form are told, and written once.
  @Suite struct RewriteTests {
    private static let source = """
      CREATE TABLE people (id int, name text, n int);
      INSERT INTO people SELECT g, 'Name' || g, g FROM generate_series(1, 9) g;
      """
    /// Counts how often each row was written.
    private static let target = """
      CREATE TABLE people (id int PRIMARY KEY, name text, n int, source text, writes int DEFAULT 0);
      """

    private static func trigger(_ body: String, _ when: String = "BEFORE INSERT OR UPDATE") -> String {
      """
      CREATE OR REPLACE FUNCTION public.act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) END $$;
      CREATE OR REPLACE TRIGGER tidy \(when) ON public.people FOR EACH ROW EXECUTE FUNCTION public.act();
      """
    }

    private static let lowering = trigger("NEW.name := lower(NEW.name); NEW.writes := NEW.writes + 1; RETURN NEW;")

    private func withLowering<R: Sendable>(_ test: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Self.source, target: Self.target + Self.lowering, test)
    }

    private func writes(_ scenario: Scenario, _ condition: String = "true") async throws -> String {
      try await scenario.target.value("SELECT string_agg(DISTINCT writes::text, ',') FROM people WHERE \(condition)")
    }

    @Test(arguments: [false, true]) func `a rewritten column is named with its trigger, and written once`(
      isAtomic: Bool
    ) async throws {
      try await withLowering { scenario async throws in
        let options = Sync.Options(isAtomic: isAtomic)
        let first = try await scenario.sync(scenario.configuration("people"), options: options)
        #expect(first.totals.inserted == 9)
        let found = first.table("people")?.rewrites
        #expect(found?.written == 9)
        #expect(found?.columns == ["name"])
        #expect(found?.triggers == ["tidy"])
        for _ in 1...2 {
          let report = try await scenario.sync(scenario.configuration("people"), options: options)
          #expect(report.totals.unchanged == 9)
          #expect(report.totals.rewritten == 9)
          #expect(report.totals.written == 0)
          #expect(report.table("people")?.rewrites?.leftAlone == 9)
          #expect(report.table("people")?.rewrites?.columns == ["name"])
          #expect(report.table("people")?.rewrites?.remark.contains("column name never becomes level") == true)
        }
        #expect(try await writes(scenario) == "1")
      }
    }

    @Test func `a change of such a row goes through, on either side`() async throws {
      try await withLowering { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run(
          "UPDATE people SET n = 0 WHERE id = 1; UPDATE people SET name = 'NAME2' WHERE id = 2")
        try await scenario.target.run(
          """
          ALTER TABLE people DISABLE TRIGGER tidy; UPDATE people SET n = -1 WHERE id = 3;
          UPDATE people SET name = 'NAME4' WHERE id = 4; DELETE FROM people WHERE id = 5;
          ALTER TABLE people ENABLE TRIGGER tidy;
          """)
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.updated == 4)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.rewritten == 4)
        #expect(
          try await scenario.target.rows("SELECT name, n FROM people WHERE id <= 5 ORDER BY id")
            == [["name1", "0"], ["name2", "2"], ["name3", "3"], ["name4", "4"], ["name5", "5"]])
        #expect(try await scenario.sync(scenario.configuration("people")).totals.rewritten == 9)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rewritten_rows") == "9")
      }
    }

    @Test func `a row that becomes level is forgotten`() async throws {
      try await withLowering { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("UPDATE people SET name = lower(name) WHERE id < 9; UPDATE people SET n = 0")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.updated == 9)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rewritten_rows") == "1")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.rewritten == 1)
      }
    }

    @Test func `an update of which a trigger keeps the old value is written once`() async throws {
      let target = Self.target + "INSERT INTO people SELECT g, 'old', 0, 'D' FROM generate_series(1, 9) g;"
      let keeping = Self.trigger("NEW.name := OLD.name; NEW.writes := OLD.writes + 1; RETURN NEW;", "BEFORE UPDATE")
      try await withScenario(source: Self.source, target: target + keeping) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("people")).totals.updated == 9)
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.rewritten == 9)
        #expect(try await writes(scenario) == "1")
        try await scenario.source.run("UPDATE people SET n = 100 WHERE id = 1")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.updated == 1)
        #expect(try await scenario.target.value("SELECT n FROM people WHERE id = 1") == "100")
      }
    }

    @Test func `an update that a trigger makes afterwards is found`() async throws {
      let after = Self.trigger(
        "UPDATE public.people SET name = lower(name), writes = writes + 1 WHERE id = NEW.id AND name <> lower(name); RETURN NULL;",
        "AFTER INSERT OR UPDATE")
      try await withScenario(source: Self.source, target: Self.target + after) { scenario async throws in
        let first = try await scenario.sync(scenario.configuration("people"))
        #expect(first.table("people")?.rewrites?.written == 9)
        #expect(try await scenario.sync(scenario.configuration("people")).totals.rewritten == 9)
        #expect(try await writes(scenario) == "1")
      }
    }

    @Test func `rows are written again when the triggers have changed`() async throws {
      try await withLowering { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.target.run(
          Self.trigger("NEW.name := upper(NEW.name); NEW.writes := NEW.writes + 1; RETURN NEW;"))
        #expect(try await scenario.sync(scenario.configuration("people")).totals.updated == 9)
        #expect(try await scenario.target.value("SELECT name FROM people WHERE id = 1") == "NAME1")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.rewritten == 9)
        try await scenario.target.run("DROP TRIGGER tidy ON people")
        #expect(try await scenario.sync(scenario.configuration("people")).totals.updated == 9)
        #expect(try await scenario.target.value("SELECT name FROM people WHERE id = 1") == "Name1")
        let level = try await scenario.sync(scenario.configuration("people"))
        #expect(level.totals.matched == 9)
        #expect(level.table("people")?.rewrites == nil)
      }
    }

    @Test func `refused rows, types of the user's own and protected rows stand beside it`() async throws {
      let own = "CREATE TYPE mood AS ENUM ('low', 'high');"
      try await withScenario(
        source: own + Self.source + "ALTER TABLE people ADD m mood DEFAULT 'high';",
        target: own + Self.target + "ALTER TABLE people ADD m mood; INSERT INTO people VALUES (9, 'app', 0, 'M');"
          + Self.trigger(
            "IF NEW.id = 5 THEN RAISE 'no'; END IF; NEW.m := 'low'; NEW.writes := NEW.writes + 1; RETURN NEW;")
      ) { scenario async throws in
        let first = try await scenario.sync(scenario.configuration("people"))
        #expect(first.totals.inserted == 7)
        #expect(first.totals.rejected == 1)
        #expect(first.totals.protected == 1)
        #expect(first.table("people")?.rewrites?.written == 7)
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.rewritten == 7)
        #expect(report.totals.rejected == 1)
        #expect(report.totals.protected == 1)
        #expect(try await writes(scenario, "source = 'D'") == "1")
        #expect(try await scenario.target.value("SELECT name FROM people WHERE id = 9") == "app")
      }
    }

    @Test func `parents and children in a cycle and a key of the user's own stand it, too`() async throws {
      let source = """
        CREATE TABLE people (id int, code text, name text, boss text);
        INSERT INTO people VALUES (1, 'a', 'Ann', 'b'), (2, 'b', 'Bob', 'a');
        """
      let target = """
        CREATE TABLE people (id serial PRIMARY KEY, code text UNIQUE, name text, source text, writes int DEFAULT 0,
          boss text REFERENCES people (code) DEFERRABLE INITIALLY DEFERRED);
        """
      try await withScenario(source: source, target: target + Self.lowering) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "people"), key: ["code"], skip: ["id"])
        #expect(try await scenario.sync(scenario.configuration([table])).totals.inserted == 2)
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.totals.rewritten == 2)
        #expect(try await writes(scenario) == "1")
      }
    }

    @Test func `a dry run and the plan tell of it, too`() async throws {
      try await withLowering { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let report = try await scenario.sync(scenario.configuration("people"), options: Sync.Options(isDryRun: true))
        #expect(report.totals.rewritten == 9)
        #expect(report.totals.updated == 0)
      }
    }
  }
}
