import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows that were to go, and that the target does not let go.
  @Suite struct DeleteRefusalTests {
    private static let source = """
      CREATE TABLE team (id int, name text); INSERT INTO team SELECT g, 'team ' || g FROM generate_series(1, 40) g;
      CREATE TABLE player (id int, team_id int); INSERT INTO player SELECT g, 1 + g % 40 FROM generate_series(1, 200) g;
      """
    private static let target = """
      CREATE TABLE team (id int PRIMARY KEY, name text, source char(1));
      CREATE TABLE player (id int PRIMARY KEY, team_id int REFERENCES team, source char(1));
      CREATE TABLE note (id int PRIMARY KEY, team_id int REFERENCES team, source char(1));
      """

    private func trigger(_ table: String, _ body: String) -> String {
      """
      CREATE FUNCTION guard_\(table)() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \(body) END $$;
      CREATE TRIGGER guard BEFORE DELETE ON \(table) FOR EACH ROW EXECUTE FUNCTION guard_\(table)();
      """
    }

    private func withTeams<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        return try await body(scenario)
      }
    }

    @Test func `rows for which a trigger raises stay and are listed with its words, and the others go`() async throws {
      try await withTeams { scenario async throws in
        try await scenario.target.run(
          trigger("player", "IF OLD.id IN (1, 41) THEN RAISE 'player % plays', OLD.id; END IF; RETURN OLD;")
            + trigger("team", "IF OLD.id = 3 THEN RAISE 'team % has won', OLD.id; END IF; RETURN OLD;"))
        // Players 1, 41, … are of team 2. Teams 1, 3 and 4 go when all players have gone, each in a later transaction.
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 4; DELETE FROM team WHERE id <= 4")
        let listed = """
          SELECT table_name, row_key->>'id', message FROM pgtide.protected WHERE reason = 'not deleted' ORDER BY 1, 2
          """
        for run in 1...2 {
          let report = try await scenario.sync(scenario.removing("team", "player"))
          #expect(report.outcome == .success)
          #expect(report.table("player")?.counts.deleted == (run == 1 ? 18 : 0))
          #expect(report.table("player")?.counts.kept == 2)
          #expect(report.table("team")?.counts.deleted == (run == 1 ? 2 : 0))
          #expect(report.table("team")?.counts.kept == 2)
          #expect(
            try await scenario.target.rows(listed) == [
              ["player", "1", "player 1 plays (SQLSTATE P0001)"], ["player", "41", "player 41 plays (SQLSTATE P0001)"],
              ["team", "2", "NULL"], ["team", "3", "team 3 has won (SQLSTATE P0001)"],
            ])
        }
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "20")
        try await scenario.target.run("DROP TRIGGER guard ON player; DROP TRIGGER guard ON team")
        #expect(try await scenario.sync(scenario.removing("team", "player")).totals.deleted == 4)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "0")
      }
    }

    @Test func `a row that a trigger marks in place of deleting it is listed`() async throws {
      try await withTeams { scenario async throws in
        try await scenario.target.run(
          trigger("player", "UPDATE player SET team_id = NULL WHERE id = OLD.id; RETURN NULL;"))
        try await scenario.source.run("DELETE FROM player WHERE id <= 3")
        let report = try await scenario.sync(scenario.removing("team", "player"))
        #expect(report.totals.kept == 3)
        #expect(
          try await scenario.target.value(
            "SELECT string_agg(row_key->>'id', ' ' ORDER BY row_key) FROM pgtide.protected")
            == "1 2 3")
      }
    }

    @Test func `a later deletion that fails leaves the table partial`() async throws {
      try await withTeams { scenario async throws in
        try await scenario.target.run(trigger("team", "RAISE 'no room' USING ERRCODE = 'disk_full';"))
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 4; DELETE FROM team WHERE id <= 4")
        let report = try await scenario.sync(scenario.removing("team", "player"))
        #expect(report.outcome == .partial)
        #expect(report.table("team")?.status == .partial)
        #expect(report.table("team")?.error?.contains("no room") == true)
        #expect(
          try await scenario.target.rows("SELECT table_name, status FROM pgtide.run_tables WHERE run_id = 2 ORDER BY 1")
            == [["player", "success"], ["team", "partial"]])
        #expect(
          try await scenario.target.value("SELECT sync_status FROM _sync_metadata WHERE table_name = 'team'")
            == "partial")
      }
    }

    @Test func `rows that cannot go do not stop a run`() async throws {
      try await withTeams { scenario async throws in
        try await scenario.target.run("INSERT INTO note SELECT g, g, 'M' FROM generate_series(1, 18) g")
        var configuration = scenario.removing("team", "player")
        configuration.tables[0].maxDelete = .rows(5)
        configuration.tables[1].maxDelete = .percent(100)
        configuration.maxDrop = .percent(100)
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 20; DELETE FROM team WHERE id <= 20")
        let report = try await scenario.sync(configuration)
        #expect(report.table("team")?.counts.deleted == 2)
        #expect(report.table("team")?.counts.kept == 18)
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 26; DELETE FROM team WHERE id <= 26")
        let stopped = try await scenario.sync(configuration)
        #expect(stopped.table("team")?.brake == .tooMany)
        #expect(stopped.table("team")?.error?.contains("6 of 38 rows of ours would be deleted") == true)
      }
    }
  }
}
