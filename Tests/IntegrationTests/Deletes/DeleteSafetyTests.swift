import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Ways in which a row could be taken for one that has gone.
  @Suite struct DeleteSafetyTests {
    @Test(arguments: ["VACUUM FULL team", "CLUSTER team USING team_pkey"])
    func `rows that get other places between comparison and deletion are not taken for each other`(
      command: String
    ) async throws {
      let source = """
        CREATE TABLE team (id int, name text); INSERT INTO team SELECT g, 'team ' || g FROM generate_series(1, 50) g;
        CREATE TABLE player (id int, team_id int); INSERT INTO player VALUES (1, 10), (2, 20);
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, name text, source char(1));
        CREATE TABLE player (id int PRIMARY KEY, team_id int REFERENCES team, source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        // All rows have one version, and a dead one stands before them.
        try await scenario.target.run("INSERT INTO team VALUES (-1, 'gone', 'M')")
        let configuration = scenario.removing("team", "player").staged
        try await scenario.sync(configuration)
        try await scenario.target.run("DELETE FROM team WHERE id = -1")
        try await scenario.source.run(
          "DELETE FROM player WHERE id = 1; DELETE FROM team WHERE id = 10; UPDATE player SET team_id = 30 WHERE id = 2"
        )
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "SELECT FROM public.player WHERE id = 2 FOR UPDATE"])
          async let running = scenario.sync(configuration)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run(command)
          try await app.query("COMMIT")
          _ = try await running
        }
        let missing =
          "SELECT COALESCE(string_agg(g::text, ' '), '') FROM generate_series(1, 50) g WHERE g NOT IN (SELECT id FROM team)"
        let gone = try await scenario.target.value(missing)
        #expect(gone == "" || gone == "10")
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value(missing) == "10")
      }
    }

    @Test func `where a lookup of the key fails, the rows that may be meant stay`() async throws {
      let source = """
        CREATE TABLE room (code text, rid int); INSERT INTO room VALUES ('a', 1), ('b', 2);
        CREATE TABLE card (id int, code text); INSERT INTO card SELECT g, CASE WHEN g <= 5 THEN 'a' ELSE 'b' END
          FROM generate_series(1, 10) g;
        """
      let target = "CREATE TABLE card (id int, rid int, source char(1), PRIMARY KEY (id, rid))"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.removing("card")
        configuration.tables[0].columns = [
          ColumnMapping(
            column: "rid",
            value: .lookup(
              LookupConfiguration(
                table: TableName(name: "room"), by: [.init(column: "code", value: "code")], take: "rid")))
        ]
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "10")
        try await scenario.source.run("DELETE FROM room WHERE code = 'a'; DELETE FROM card WHERE id = 10")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.rejected == 5)
        #expect(report.totals.deleted == 1)
        let left = try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM card")
        #expect(left == "1 2 3 4 5 6 7 8 9")
      }
    }

    @Test(arguments: [false, true])
    func `a reference of a table keeps rows, whether the table is in the run or not`(isAtomic: Bool) async throws {
      let source = """
        CREATE TABLE team (id int); INSERT INTO team SELECT g FROM generate_series(1, 9) g;
        CREATE TABLE player (id int, team_id int); INSERT INTO player VALUES (1, 5);
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, source char(1));
        CREATE TABLE player (id int PRIMARY KEY, team_id int, source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.removing("team", "player")
        configuration.tables[1].references = [
          ReferenceConfiguration(columns: ["team_id"], parent: TableName(name: "team"))
        ]
        let options = Sync.Options(isAtomic: isAtomic)
        try await scenario.sync(configuration, options: options)
        try await scenario.target.run("INSERT INTO player VALUES (90, 4, 'M')")
        try await scenario.source.run("DELETE FROM team WHERE id IN (3, 4); UPDATE player SET team_id = 6")
        var selection = configuration
        selection.leftOut = [configuration.tables[1]]
        selection.tables.removeLast()
        #expect(try await scenario.sync(selection, options: options).totals.deleted == 1)
        #expect(try await scenario.target.value("SELECT string_agg(id::text, '' ORDER BY id) FROM team") == "12456789")
        // A row that comes to refer to one which goes: it is rejected, or the other stays.
        try await scenario.source.run("DELETE FROM team WHERE id = 7; INSERT INTO player VALUES (2, 7)")
        try await scenario.sync(configuration, options: options)
        let orphans = "SELECT count(*) FROM player WHERE team_id NOT IN (SELECT id FROM team)"
        #expect(try await scenario.target.value(orphans) == "0")
      }
    }

    @Test func `a source table from which others inherit is read in part`() async throws {
      let source = "CREATE TABLE card (id int); CREATE TABLE archive () INHERITS (card); INSERT INTO card VALUES (1)"
      try await withScenario(source: source, target: "CREATE TABLE card (id int PRIMARY KEY, source char(1))") {
        scenario async throws in
        let configuration = scenario.removing("card")
        let refusal = await #expect(throws: PlanRefusal.self) { _ = try await Sync(configuration).plan() }
        let problems = refusal?.problems ?? []
        #expect(problems.contains { $0.problem.contains("inherit") })
      }
    }

    @Test(arguments: ["ALTER TABLE card ALTER v TYPE numeric(6,2)", Self.trigger])
    func `nothing comes back otherwise than it was`(change: String) async throws {
      let target = "CREATE TABLE card (id int PRIMARY KEY, v numeric, source char(1))"
      try await withScenario(
        source: "CREATE TABLE card (id int, v numeric); INSERT INTO card VALUES (1, 1.2345)", target: target
      ) { scenario async throws in
        let configuration = scenario.removing("card", allowing: 1)
        try await scenario.sync(configuration)
        try await scenario.source.run("TRUNCATE card")
        #expect(try await scenario.sync(configuration).totals.deleted == 1)
        try await scenario.target.run(change)
        await #expect(throws: SyncError.self) { _ = try await Undelete(configuration, isTrial: false)() }
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "1")
      }
    }

    private static let trigger = """
      CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.source := 'M'; RETURN NEW; END $$;
      CREATE TRIGGER mine BEFORE INSERT ON card FOR EACH ROW EXECUTE FUNCTION mine();
      """
  }
}
