import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// The session that holds the run's lock goes while rows are deleted, so that the transaction is rolled back and run again.
  @Suite struct LostLockDeleteTests {
    private static let source = """
      CREATE TABLE team (id int, name text); INSERT INTO team SELECT g, 'team ' || g FROM generate_series(1, 20) g;
      CREATE TABLE player (id int, team_id int); INSERT INTO player SELECT g, 1 + g % 20 FROM generate_series(1, 60) g;
      """
    private static let target = """
      CREATE TABLE team (id int PRIMARY KEY, name text, source char(1));
      CREATE TABLE player (id int PRIMARY KEY, team_id int REFERENCES team, source char(1));
      """
    /// Once, when the statement that deletes the rows of a table has found some, whoever holds an advisory lock is ended.
    private static let blow = """
      CREATE SEQUENCE blows;
      CREATE FUNCTION blow() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM gone) AND nextval('public.blows') = 1 THEN
          PERFORM pg_terminate_backend(pid) FROM pg_locks
          WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid();
          WHILE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()) LOOP
            PERFORM pg_sleep(0.01);
          END LOOP;
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER blow AFTER DELETE ON team REFERENCING OLD TABLE AS gone EXECUTE FUNCTION blow();
      """

    @Test func `what was counted before it is not counted twice, and a row that stays is listed as before`()
      async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.removing("team", "player")
        try await scenario.sync(configuration)
        // Team 1 stays from here on, and is listed; teams 2 and 3 go behind their players.
        try await scenario.target.run("INSERT INTO player VALUES (900, 1, 'M')")
        try await scenario.source.run("DELETE FROM player WHERE team_id = 1; DELETE FROM team WHERE id = 1")
        #expect(try await scenario.sync(configuration).table("team")?.counts.kept == 1)
        try await scenario.source.run("DELETE FROM player WHERE team_id IN (2, 3); DELETE FROM team WHERE id IN (2, 3)")
        try await scenario.target.run(Self.blow)
        let report = try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT last_value > 1 FROM blows") == "t")
        #expect(report.table("team").map { [$0.counts.deleted, $0.counts.kept] } == [2, 1])
        #expect(
          try await scenario.target.rows(
            "SELECT deleted, kept FROM pgtide.run_tables WHERE table_name = 'team' ORDER BY run_id DESC LIMIT 1")
            == [["2", "1"]])
        #expect(try await scenario.target.rows("SELECT id FROM team WHERE id < 4") == [["1"]])
        #expect(
          try await scenario.target.rows("SELECT row_key ->> 'id' FROM pgtide.protected WHERE reason = 'not deleted'")
            == [["1"]])
        #expect(
          try await scenario.target.value("SELECT count(*) FROM pgtide.deleted WHERE table_name = 'team'") == "2")
      }
    }
  }
}
