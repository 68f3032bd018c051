import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Targets with a will of their own.
  @Suite struct TriggerTests {
    /// `body` runs as a BEFORE trigger of the app's table `people`.
    private func withTrigger<R: Sendable>(
      _ body: String, on events: String = "INSERT OR UPDATE", _ test: (Scenario) async throws -> R
    ) async throws -> R {
      let trigger = """
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) END $$;
        CREATE TRIGGER act BEFORE \(events) ON people FOR EACH ROW EXECUTE FUNCTION public.act();
        """
      return try await withScenario(source: Scenario.people, target: Scenario.appPeople + trigger, test)
    }

    @Test func `a trigger that stamps rows is no obstacle`() async throws {
      try await withTrigger("NEW.updated_at = clock_timestamp(); RETURN NEW;") { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.source.run("UPDATE people SET name = 'Bea' WHERE id = 2")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.error == nil)
        #expect(report.totals.updated == 1)
        #expect(report.totals.unchanged == 2)
      }
    }

    @Test func `a trigger that changes the marker stops the table before it is committed`() async throws {
      try await withTrigger("NEW.source = 'M'; RETURN NEW;") { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.status == .failed)
        #expect(report.table("people")?.error?.contains("marker") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
      }
    }

    @Test func `a trigger that swallows a row stops the table before it is committed`() async throws {
      try await withTrigger("IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW;") { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.status == .failed)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
      }
    }

    @Test func `a trigger that fails stops its table with its own words`() async throws {
      try await withTrigger("RAISE EXCEPTION 'not on my watch';") { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.table("people")?.status == .failed)
        #expect(report.table("people")?.error?.contains("not on my watch") == true)
      }
    }

    @Test func `a trigger elsewhere that writes to the table is noticed`() async throws {
      // Writing parents, the server itself changes a child: a row that nobody counted.
      let source = "CREATE TABLE a (id int, code text); INSERT INTO a VALUES (1, 'new')"
      let target = """
        CREATE TABLE a (id int PRIMARY KEY, code text UNIQUE, self text REFERENCES a (code) ON UPDATE CASCADE, source text);
        INSERT INTO a VALUES (1, 'old', 'old', 'D'), (2, 'app', 'old', 'M');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("a"))
        #expect(report.table("a")?.status == .failed)
        #expect(report.table("a")?.error?.contains("the server counts") == true)
        #expect(try await scenario.target.value("SELECT self FROM a WHERE id = 2") == "old")
      }
    }
  }
}
