import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Deleted rows that are put back.
  @Suite struct UndeleteTests {
    @Test func `rows come back as they were, whatever the sessions' settings`() async throws {
      let columns = """
        id int PRIMARY KEY, j json, n numeric(8,3), f double precision, r real, b bytea, ts timestamp, tz timestamptz,
        i interval, a text[], p point, d date, m "char", blank char(5), bits bit(3), rng tstzrange, who regclass
        """
      let target = """
        CREATE TABLE card (\(columns), twice int GENERATED ALWAYS AS (id * 2) STORED, source char(1));
        INSERT INTO card VALUES (1, '{"a" : 1,  "a":2}', 1.50, 0.1::float8 + 0.2::float8, 1e-30, '\\x00ff', '-infinity',
          '2024-03-10 02:30:00.123456+05:45', '1 mon -3 days 04:05:06.789', '{NULL,"NULL","a,b"}', '(-0,1e300)',
          '4713-01-01 BC', 'x', 'ab', B'101', '["2024-01-01 00:00:00+05:30",)', 'pg_class', DEFAULT, 'D'),
          (2, NULL, 'NaN', 'Infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, NULL);
        """
      try await withScenario(source: "CREATE TABLE card (id int); INSERT INTO card VALUES (3)", target: target) {
        scenario async throws in
        let rows = "SELECT md5(card::text), f::text, r::text, n::text, j::text FROM card WHERE id < 3 ORDER BY id"
        var configuration = scenario.removing("card", allowing: 2)
        configuration.target.session = [
          SessionWish(name: "extra_float_digits", value: "-15"), SessionWish(name: "DateStyle", value: "SQL, DMY"),
          SessionWish(name: "IntervalStyle", value: "sql_standard"), SessionWish(name: "bytea_output", value: "escape"),
          SessionWish(name: "TimeZone", value: "Asia/Kathmandu"),
        ]
        let before = try await scenario.target.rows(rows)
        #expect(try await scenario.sync(configuration).totals.deleted == 2)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "1")
        let trial = try await Undelete(configuration)()
        #expect(trial.tables.map(\.restored) == [2])
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "1")
        let report = try await Undelete(configuration, isTrial: false)()
        #expect(report.tables.map(\.restored) == [2])
        #expect(try await scenario.target.rows(rows) == before)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "0")
      }
    }

    private static let office = """
      CREATE TABLE team (id int); INSERT INTO team SELECT g FROM generate_series(1, 9) g;
      CREATE TABLE player (id int, team_id int); INSERT INTO player SELECT g, 1 + g % 9 FROM generate_series(1, 90) g;
      """
    private static let app = """
      CREATE TABLE team (id int PRIMARY KEY, source char(1));
      CREATE TABLE player (id int PRIMARY KEY, team_id int NOT NULL REFERENCES team, source char(1));
      """

    @Test func `parents come back before their children, and a key that is taken is told`() async throws {
      try await withScenario(source: Self.office, target: Self.app) { scenario async throws in
        let configuration = scenario.removing("player", "team")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM player WHERE team_id = 1; DELETE FROM team WHERE id = 1")
        #expect(try await scenario.sync(configuration).totals.deleted == 11)
        try await scenario.target.run("INSERT INTO player VALUES (9, 2, 'M')")
        let report = try await Undelete(configuration, isTrial: false)()
        #expect(report.tables.first { $0.table == "team" }?.restored == 1)
        #expect(report.tables.first { $0.table == "player" }?.restored == 9)
        #expect(report.tables.first { $0.table == "player" }?.taken == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM player WHERE team_id = 1") == "9")
        #expect(try await scenario.target.value("SELECT team_id || source FROM player WHERE id = 9") == "2M")
      }
    }

    @Test func `only the rows of a run come back where that is asked for`() async throws {
      try await withScenario(source: Self.office, target: Self.app) { scenario async throws in
        let configuration = scenario.removing("team", "player")
        try await scenario.sync(configuration)
        for id in [1, 2] {
          try await scenario.source.run("DELETE FROM player WHERE id = \(id)")
          try await scenario.sync(configuration)
        }
        // As an earlier version has left it.
        try await scenario.target.run("ALTER TABLE pgtide.deleted DROP relation")
        let report = try await Undelete(configuration, run: 3, isTrial: false)()
        #expect(report.tables.map(\.restored) == [1])
        #expect(try await scenario.target.value("SELECT string_agg(id::text, ' ') FROM player WHERE id < 3") == "2")
      }
    }

    @Test func `a column that has gone since is told, and one that has come keeps its default`() async throws {
      try await withScenario(
        source: "CREATE TABLE card (id int, v text, w text); INSERT INTO card VALUES (1, 'a', 'b'), (2, 'c', 'd')",
        target: "CREATE TABLE card (id int PRIMARY KEY, v text, w text, source char(1))"
      ) { scenario async throws in
        let configuration = scenario.removing("card")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM card WHERE id = 1")
        try await scenario.sync(configuration)
        try await scenario.target.run("ALTER TABLE card DROP COLUMN w, ADD COLUMN x text NOT NULL DEFAULT 'new'")
        let report = try await Undelete(configuration, isTrial: false)()
        #expect(report.tables.map(\.lostColumns) == [["w"]])
        #expect(try await scenario.target.value("SELECT v || x FROM card WHERE id = 1") == "anew")
      }
    }

    @Test func `a row stays whose key or unique value is taken, in whatever spelling, and is named`() async throws {
      try await withScenario(
        source:
          "CREATE TABLE card (id numeric, v text); INSERT INTO card VALUES (1.0, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
        target: "CREATE TABLE card (id numeric PRIMARY KEY, v text UNIQUE, source char(1))"
      ) { scenario async throws in
        let configuration = scenario.removing("card")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM card WHERE id < 4")
        try await scenario.sync(configuration)
        try await scenario.target.run("INSERT INTO card VALUES (1.00, 'z', 'M'), (9, 'b', 'M')")
        let report = try await Undelete(configuration, isTrial: false)()
        #expect(report.tables.map(\.restored) == [1])
        #expect(report.tables.map(\.taken) == [2])
        #expect(report.tables.map(\.takenKeys) == [[#"{"id": "1.0"}"#, #"{"id": "2"}"#]])
        #expect(try await scenario.target.value("SELECT string_agg(v, ' ' ORDER BY id) FROM card") == "z c d b")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "2")
      }
    }

    @Test func `what triggers do to rows behind their return is seen, and nothing is put back`() async throws {
      let target = """
        CREATE TABLE card (id int PRIMARY KEY, v text, source char(1));
        CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF NEW.id = 1 THEN DELETE FROM card WHERE id = 1; END IF;
          UPDATE card SET v = CASE WHEN id = 2 THEN 'other' ELSE v END WHERE id = NEW.id;
          RETURN NULL;
        END $$;
        """
      try await withScenario(
        source: "CREATE TABLE card (id int, v text); INSERT INTO card VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')",
        target: target
      ) { scenario async throws in
        let configuration = scenario.removing("card")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM card WHERE id < 4")
        try await scenario.sync(configuration)
        for (kind, time) in [("", ""), ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED")] {
          try await scenario.target.run(
            "CREATE \(kind) TRIGGER tidy AFTER INSERT ON card \(time) FOR EACH ROW EXECUTE FUNCTION tidy()")
          for isTrial in [true, false] {
            let undelete = Undelete(configuration, isTrial: isTrial)
            let error = await #expect(throws: SyncError.self) { try await undelete() }
            #expect(error?.message.contains(#"2 of 3 rows would not stand as they were"#) == true)
            #expect(error?.message.contains(#"{"id": 1}"#) == true)
          }
          try await scenario.target.run("DROP TRIGGER tidy ON card")
        }
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "3")
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "1")
        // One that writes the row anew as it is does no harm.
        try await scenario.target.run(
          """
          DELETE FROM pgtide.deleted WHERE row_key <> '{"id": 3}';
          CREATE TRIGGER tidy AFTER INSERT ON card FOR EACH ROW EXECUTE FUNCTION tidy()
          """)
        #expect(try await Undelete(configuration, isTrial: false)().tables.map(\.restored) == [1])
      }
    }

    @Test func `a unique value that is taken and looked at late keeps all rows back, and is named`() async throws {
      try await withScenario(
        source: "CREATE TABLE card (id int, v text); INSERT INTO card VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        target: "CREATE TABLE card (id int PRIMARY KEY, v text UNIQUE DEFERRABLE INITIALLY DEFERRED, source char(1))"
      ) { scenario async throws in
        try await scenario.sync(scenario.removing("card"))
        try await scenario.source.run("DELETE FROM card WHERE id < 3")
        try await scenario.sync(scenario.removing("card"))
        try await scenario.target.run("INSERT INTO card VALUES (9, 'a', 'M')")
        // The table may be written with its schema by now.
        var configuration = scenario.removing("card")
        configuration.tables[0].target = TableName(schema: "public", name: "card")
        let undelete = Undelete(configuration, isTrial: false)
        let error = await #expect(throws: SyncError.self) { try await undelete() }
        #expect(error?.description.contains("Key (v)=(a) already exists") == true)
        #expect(error?.advice?.hasPrefix("Another row has this value by now") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "2")
        try await scenario.target.run("UPDATE card SET v = 'z' WHERE id = 9")
        #expect(try await undelete().tables.map(\.restored) == [2])
      }
    }

    @Test func `rows that were kept for long enough go for good`() async throws {
      try await withScenario(source: Self.office, target: Self.app) { scenario async throws in
        let configuration = scenario.removing("team", "player")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM player WHERE id <= 2")
        try await scenario.sync(configuration)
        try await scenario.target.run(
          "UPDATE pgtide.deleted SET deleted_at = now() - interval '30 days 1 minute' WHERE row_key = '{\"id\": 1}'")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.value("SELECT string_agg(row_key::text, ' ') FROM pgtide.deleted") == "{\"id\": 2}")
      }
    }
  }
}
