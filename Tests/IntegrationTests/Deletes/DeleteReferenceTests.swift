import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Rows that would go, and to which others refer.
  @Suite struct DeleteReferenceTests {
    private static let source = """
      CREATE TABLE team (id int, name text); INSERT INTO team SELECT g, 'team ' || g FROM generate_series(1, 40) g;
      CREATE TABLE player (id int, team_id int); INSERT INTO player SELECT g, 1 + g % 40 FROM generate_series(1, 200) g;
      """

    private static func target(_ action: String = "") -> String {
      """
      CREATE TABLE team (id int PRIMARY KEY, name text, source char(1));
      CREATE TABLE player (id int PRIMARY KEY, team_id int REFERENCES team \(action), source char(1));
      CREATE TABLE note (id int PRIMARY KEY, team_id int DEFAULT 40 REFERENCES team \(action), words text);
      """
    }

    @Test(arguments: ["", "ON DELETE RESTRICT", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE SET DEFAULT"])
    func `a row to which one of the application refers stays, whatever the foreign key would do`(
      action: String
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target(action)) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        try await scenario.target.run(
          "INSERT INTO player VALUES (900, 3, 'M'); INSERT INTO note VALUES (1, 4, 'of the app')")
        let before = try await scenario.target.rows(
          "SELECT p.*, p.xmin FROM player p WHERE id = 900 UNION ALL SELECT n.*, n.xmin FROM note n")
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 5; DELETE FROM team WHERE id <= 5")
        let report = try await scenario.sync(scenario.removing("team", "player"))
        #expect(report.table("player")?.counts.deleted == 25)
        #expect(report.table("team")?.counts.deleted == 3)
        #expect(report.table("team")?.counts.kept == 2)
        #expect(report.warningsOfTables.contains("2 rows of ours that the source no longer has stay"))
        #expect(
          try await scenario.target.rows(
            "SELECT p.*, p.xmin FROM player p WHERE id = 900 UNION ALL SELECT n.*, n.xmin FROM note n") == before)
        #expect(
          try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM team WHERE id < 7")
            == "3 4 6")
        let listed = try await scenario.target.rows(
          "SELECT table_name, row_key, reason, source_row IS NULL, target_row->>'name' FROM pgtide.protected ORDER BY 2"
        )
        #expect(
          listed == [
            ["team", "{\"id\": 3}", "not deleted", "t", "team 3"],
            ["team", "{\"id\": 4}", "not deleted", "t", "team 4"],
          ])
        // Nothing of them is locked or written in later runs.
        let standing = try await scenario.target.rows("SELECT xmin, xmax FROM team WHERE id IN (3, 4)")
        #expect(try await scenario.sync(scenario.removing("team", "player")).totals.kept == 2)
        #expect(try await scenario.target.rows("SELECT xmin, xmax FROM team WHERE id IN (3, 4)") == standing)
        // What refers to them goes.
        try await scenario.target.run("DELETE FROM note; DELETE FROM player WHERE id = 900")
        #expect(try await scenario.sync(scenario.removing("team", "player")).totals.deleted == 2)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "0")
      }
    }

    @Test func `a child that the source still has keeps its parent`() async throws {
      try await withScenario(source: Self.source, target: Self.target("ON DELETE CASCADE")) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        try await scenario.source.run("DELETE FROM team WHERE id = 1")
        let report = try await scenario.sync(scenario.removing("team", "player"))
        #expect(report.table("team")?.counts.kept == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM player") == "200")
      }
    }

    @Test func `a child that somebody is inserting keeps its parent`() async throws {
      try await withScenario(source: Self.source, target: Self.target("ON DELETE CASCADE")) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        try await scenario.source.run("DELETE FROM player WHERE team_id = 1; DELETE FROM team WHERE id = 1")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.note VALUES (1, 1, 'just now')"])
          let report = try await scenario.sync(scenario.removing("team", "player"))
          #expect(report.table("team")?.counts.kept == 1)
          #expect(report.table("player")?.counts.deleted == 5)
          try await app.query("COMMIT")
        }
        #expect(try await scenario.target.value("SELECT words FROM note") == "just now")
      }
    }

    @Test func `a parent that the application claims while its children are written stays`() async throws {
      try await withScenario(source: Self.source, target: Self.target()) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        try await scenario.source.run(
          "DELETE FROM player WHERE team_id = 1; DELETE FROM team WHERE id = 1; UPDATE player SET team_id = 7 WHERE id = 9"
        )
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { holding in
          try await holding.batch(["BEGIN", "SELECT FROM public.player WHERE id = 9 FOR UPDATE"])
          async let running = scenario.sync(scenario.removing("team", "player"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run("UPDATE team SET source = 'M' WHERE id = 1")
          try await holding.query("COMMIT")
          return try await running
        }
        #expect(report.table("player")?.counts.deleted == 5)
        #expect(report.table("team")?.counts.kept == 1)
        #expect(try await scenario.target.value("SELECT source FROM team WHERE id = 1") == "M")
      }
    }

    @Test func `a reference that only the configuration knows keeps a row as well`() async throws {
      let target = Self.target().replacing("team_id int REFERENCES team ,", with: "team_id int,")
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        var configuration = scenario.removing("team", "player")
        configuration.tables[1].references = [
          ReferenceConfiguration(columns: ["team_id"], parent: TableName(name: "team"))
        ]
        try await scenario.sync(configuration)
        try await scenario.target.run("INSERT INTO player VALUES (900, 3, 'M')")
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 5; DELETE FROM team WHERE id <= 5")
        let report = try await scenario.sync(configuration)
        #expect(report.table("team")?.counts.deleted == 4)
        #expect(
          try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM team WHERE id < 7")
            == "3 6")
      }
    }

    @Test(arguments: ["REFERENCES team", ""])
    func `a new row that refers to one which goes is rejected, and its parent goes`(reference: String) async throws {
      let target = Self.target().replacing("team_id int REFERENCES team ,", with: "team_id int \(reference),")
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        var configuration = scenario.removing("team", "player")
        if reference.isEmpty {
          configuration.tables[1].references = [
            ReferenceConfiguration(columns: ["team_id"], parent: TableName(name: "team"))
          ]
        }
        try await scenario.source.run("INSERT INTO team VALUES (41, 'without players')")
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM team WHERE id = 41; INSERT INTO player VALUES (500, 41)")
        let report = try await scenario.sync(configuration)
        #expect(report.table("team")?.counts.deleted == 1)
        #expect(report.table("player")?.rejectReasons == ["missing parent": 1])
        #expect(try await scenario.target.value("SELECT count(*) FROM player WHERE id = 500") == "0")
      }
    }

    @Test(arguments: [false, true])
    func `all children and parents go in one run`(isAtomic: Bool) async throws {
      try await withScenario(source: Self.source, target: Self.target()) { scenario async throws in
        try await scenario.sync(scenario.removing("team", "player"))
        try await scenario.source.run("DELETE FROM player WHERE team_id <= 5; DELETE FROM team WHERE id <= 5")
        let report = try await scenario.sync(
          scenario.removing("team", "player"), options: Sync.Options(isAtomic: isAtomic))
        #expect(report.totals.deleted == 30)
        #expect(report.totals.kept == 0)
        #expect(
          try await scenario.target.rows(
            "SELECT table_name, deleted, kept FROM pgtide.run_tables WHERE run_id = 2 ORDER BY 1")
            == [["player", "25", "0"], ["team", "5", "0"]])
      }
    }

    // MARK: - Rows of one table

    private static let tree = """
      CREATE TABLE unit (id int, parent_id int);
      INSERT INTO unit VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, 6), (6, 5), (7, NULL), (8, 7), (9, 8);
      """
    private static func appTree(_ action: String) -> String {
      """
      CREATE TABLE unit (id int PRIMARY KEY, parent_id int REFERENCES unit \(action) DEFERRABLE, source char(1));
      """
    }

    @Test(arguments: ["", "ON DELETE RESTRICT", "ON DELETE CASCADE", "ON DELETE SET NULL"])
    func `of rows that refer to each other those go to which none refers that stays`(action: String) async throws {
      try await withScenario(source: Self.tree, target: Self.appTree(action)) { scenario async throws in
        try await scenario.sync(scenario.removing("unit"))
        try await scenario.target.run("INSERT INTO unit VALUES (90, 3, 'M')")
        try await scenario.source.run("DELETE FROM unit WHERE id IN (2, 3, 4, 5, 6, 9)")
        let report = try await scenario.sync(scenario.removing("unit"))
        // 3 has a child of the application's, 2 has 3; 4 is a leaf, 5 and 6 a ring, 9 a leaf.
        #expect(report.totals.deleted == 4)
        #expect(report.totals.kept == 2)
        #expect(
          try await scenario.target.value(
            "SELECT string_agg(id || COALESCE('<' || parent_id, ''), ' ' ORDER BY id) FROM unit")
            == "1 2<1 3<2 7 8<7 90<3")
      }
    }

    @Test func `rows of tables that refer to each other go in one run`() async throws {
      let source = """
        CREATE TABLE club (id int, captain_id int); INSERT INTO club VALUES (1, 10), (2, 20);
        CREATE TABLE member (id int, club_id int); INSERT INTO member VALUES (10, 1), (11, 1), (20, 2), (21, 2);
        """
      let target = """
        CREATE TABLE club (id int PRIMARY KEY, captain_id int, source char(1));
        CREATE TABLE member (id int PRIMARY KEY, club_id int REFERENCES club DEFERRABLE, source char(1));
        ALTER TABLE club ADD FOREIGN KEY (captain_id) REFERENCES member DEFERRABLE;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.removing("club", "member"))
        try await scenario.source.run("DELETE FROM member WHERE id = 21")
        let report = try await scenario.sync(scenario.removing("club", "member"))
        #expect(report.totals.deleted == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM member") == "3")
      }
    }
  }
}

extension SyncReport {
  /// What is likely to be a mistake, of all tables.
  var warningsOfTables: String { tables.flatMap(\.warnings).joined(separator: "\n") }
}
