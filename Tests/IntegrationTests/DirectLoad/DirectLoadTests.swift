import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Empty tables that are loaded straight from the source.
  @Suite struct DirectLoadTests {
    /// What stands in `child`, without the stamps.
    private func children(_ scenario: Scenario) async throws -> String {
      try await scenario.target.value(
        "SELECT md5(string_agg(ROW(id, parent, name, n, source)::text, ',' ORDER BY id)) FROM child")
    }

    @Test func `an empty table is loaded without a stage, with marker and stamps`() async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        let report = try await ParentAndChild.sync(scenario)
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
        #expect(try await ParentAndChild.sync(scenario).table("child")?.counts.unchanged == 2000)
      }
    }

    @Test func `what is loaded directly is what goes through the stage`() async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        #expect(try await ParentAndChild.sync(scenario, .never).table("child")?.isLoadedDirectly == false)
        let staged = try await children(scenario)
        try await scenario.target.run("TRUNCATE child")
        #expect(try await ParentAndChild.sync(scenario).table("child")?.isLoadedDirectly == true)
        #expect(try await children(scenario) == staged)
      }
    }

    @Test func `foreign keys of a direct load are proved in sets, or kept by triggers where that is asked for`()
      async throws
    {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        #expect(try await ParentAndChild.sync(scenario).table("child")?.integrity == "checked in sets")
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
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        try await scenario.target.run(ParentAndChild.filledParent)
        try await scenario.target.run("INSERT INTO child VALUES (7, NULL, 'mine', 1, 'M')")
        let child = try #require(try await ParentAndChild.sync(scenario).table("child"))
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
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target + trigger) {
        scenario async throws in
        let child = try await ParentAndChild.sync(scenario).table("child")
        #expect(child?.isLoadedDirectly == true)
        #expect(child?.integrity == "checked in sets")
        try await scenario.source.run("UPDATE child SET name = 'changed' WHERE id <= 3")
        #expect(try await ParentAndChild.sync(scenario).table("child")?.counts.updated == 3)
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
  }
}
