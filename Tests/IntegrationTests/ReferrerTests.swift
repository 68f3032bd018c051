import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Foreign keys that point at a table and write to the rows which have them when it is updated.
  @Suite struct ReferrerTests {
    private static let actions = ["CASCADE", "SET NULL", "SET DEFAULT"]

    /// Teams are renamed, and another takes the old name: their members, whom the source leaves as they are, are compared
    /// again behind them.
    @Test(arguments: actions, [false, true])
    func `children that a parent's update has written to get back what the source has`(
      action: String, isAtomic: Bool
    ) async throws {
      let source = """
        CREATE TABLE team (id int, name text); INSERT INTO team VALUES (1, 'red'), (2, 'blue');
        CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'red'), (2, 'blue'), (3, 'red');
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, name text UNIQUE, source char(1));
        CREATE TABLE member (id int PRIMARY KEY, team text REFERENCES team (name) ON UPDATE \(action), source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("team", "member")
        let options = Sync.Options(isAtomic: isAtomic)
        #expect(try await scenario.sync(configuration, options: options).outcome == .success)
        try await scenario.source.run("UPDATE team SET name = 'old' WHERE id = 1; INSERT INTO team VALUES (3, 'red')")
        let report = try await scenario.sync(configuration, options: options)
        #expect(report.outcome == .success)
        #expect(report.table("team")?.counts.updated == 1)
        #expect(
          try await scenario.target.value("SELECT string_agg(id || coalesce(team, '-'), ' ' ORDER BY id) FROM member")
            == "1red 2blue 3red")
        #expect(try await scenario.sync(configuration, options: options).totals.updated == 0)
      }
    }

    private static let areas = """
      CREATE TABLE area (id int, code text, name text); INSERT INTO area VALUES (1, 'N', 'north'), (2, 'S', 'south');
      """
    private static func appAreas(_ action: String) -> String {
      """
      CREATE TABLE area (id int PRIMARY KEY, code text UNIQUE NOT NULL, name text, source char(1));
      INSERT INTO area VALUES (10, 'N', 'old', 'D'), (2, 'S', 'old', 'D');
      CREATE TABLE note (id int PRIMARY KEY, area int DEFAULT 2 REFERENCES area ON UPDATE \(action), source char(1));
      INSERT INTO note VALUES (900, 10, 'M');
      """
    }
    private static let note = "SELECT ctid || ' ' || xmin || ' ' || note::text FROM note"

    private func byCode(_ scenario: Scenario, onUpdate: UpdateRule = .reject, also others: [String] = [])
      -> SyncConfiguration
    {
      scenario.configuration(
        [TableConfiguration(target: TableName(name: "area"), key: ["code"], onUpdate: onUpdate)]
          + others.map { TableConfiguration(target: TableName(name: $0)) })
    }

    @Test(arguments: actions, [false, true])
    func `an update that would write to a row of the application is a reject`(
      action: String, isOfTheRun: Bool
    ) async throws {
      let source = Self.areas + "CREATE TABLE note (id int, area int);"
      try await withScenario(source: source, target: Self.appAreas(action)) { scenario async throws in
        let before = try await scenario.target.value(Self.note)
        let report = try await scenario.sync(byCode(scenario, also: isOfTheRun ? ["note"] : []))
        #expect(report.table("area")?.counts.rejected == 1)
        #expect(report.table("area")?.counts.updated == 1)
        #expect(try await scenario.target.value(Self.note) == before)
        #expect(try await scenario.target.value("SELECT id || name FROM area WHERE code = 'N'") == "10old")
        #expect(
          try await scenario.target.value("SELECT reason || ' ' || column_name FROM pgtide.rejects")
            == "would change rows that refer to it id")
      }
    }

    @Test func `an update of columns that nobody refers to goes in`() async throws {
      try await withScenario(source: Self.areas, target: Self.appAreas("CASCADE")) { scenario async throws in
        try await scenario.target.run("UPDATE note SET area = 2")
        try await scenario.source.run("UPDATE area SET id = 10 WHERE code = 'N'")
        #expect(try await scenario.sync(byCode(scenario)).totals.updated == 2)
      }
    }

    @Test func `where it is allowed, the server writes to the rows that refer to it`() async throws {
      try await withScenario(source: Self.areas, target: Self.appAreas("CASCADE")) { scenario async throws in
        #expect(try await scenario.sync(byCode(scenario, onUpdate: .allow)).totals.updated == 2)
        #expect(try await scenario.target.value("SELECT area FROM note") == "1")
      }
    }

    /// The delta finds nobody who refers to the row. While the merge waits for another one, the application comes to.
    @Test func `a row that the application comes to refer to after the comparison is left as it is`() async throws {
      try await withScenario(source: Self.areas, target: Self.appAreas("CASCADE")) { scenario async throws in
        try await scenario.target.run("DELETE FROM note")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.note VALUES (901, 10, 'M')"])
          async let running = scenario.sync(byCode(scenario))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.totals.written == 1)
        #expect(report.totals.rejected == 1)
        #expect(
          try await scenario.target.value("SELECT reason FROM pgtide.rejects") == "would change rows that refer to it")
        #expect(try await scenario.target.value("SELECT area FROM note") == "10")
      }
    }

    @Test(arguments: actions)
    func `a table that refers to itself lands`(action: String) async throws {
      let source = """
        CREATE TABLE node (id numeric, parent numeric, v text);
        INSERT INTO node VALUES (1.0, NULL, 'root'), (2, 1.0, 'x'), (3, 2, 'y');
        """
      let target = """
        CREATE TABLE node (id numeric PRIMARY KEY, parent numeric REFERENCES node ON UPDATE \(action), v text, source char(1));
        INSERT INTO node VALUES (1, NULL, 'root', 'D'), (2, 1, 'x', 'D'), (3, 2, 'y', 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("node")).outcome == .success)
        #expect(
          try await scenario.target.value(
            "SELECT string_agg(id || '<' || coalesce(parent::text, ''), ' ' ORDER BY id) FROM node")
            == "1.0< 2<1.0 3<2")
        #expect(try await scenario.sync(scenario.configuration("node")).totals.written == 0)
      }
    }

    /// An area's code is part of a plot's key, to which a note of the application refers.
    @Test(arguments: actions)
    func `an update that would reach a row of the application through one of ours is a reject`(action: String)
      async throws
    {
      let source = """
        CREATE TABLE area (id int, code text); INSERT INTO area VALUES (1, 'N2'), (2, 'S2');
        CREATE TABLE plot (id int, area text); INSERT INTO plot VALUES (7, 'N2'), (8, 'S2');
        """
      let target = """
        CREATE TABLE area (id int PRIMARY KEY, code text UNIQUE, source char(1)); INSERT INTO area VALUES (1, 'N', 'D'), (2, 'S', 'D');
        CREATE TABLE plot (id int PRIMARY KEY, area text UNIQUE REFERENCES area (code) ON UPDATE CASCADE, source char(1));
        INSERT INTO plot VALUES (7, 'N', 'D'), (8, 'S', 'D');
        CREATE TABLE note (id int PRIMARY KEY, area text REFERENCES plot (area) ON UPDATE \(action), source char(1));
        INSERT INTO note VALUES (900, 'N', 'M');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let before = try await scenario.target.value(Self.note)
        let report = try await scenario.sync(scenario.configuration("area", "plot"))
        #expect(report.table("area")?.counts.rejected == 1)
        #expect(try await scenario.target.value(Self.note) == before)
        #expect(try await scenario.target.value("SELECT string_agg(code, ' ' ORDER BY id) FROM area") == "N S2")
        #expect(try await scenario.target.value("SELECT string_agg(area, ' ' ORDER BY id) FROM plot") == "N S2")
      }
    }

    /// What the team's update writes to its members goes on to their badges, which stay as they are on the source.
    @Test(arguments: [false, true])
    func `grandchildren get back what the source has`(isAtomic: Bool) async throws {
      let source = """
        CREATE TABLE team (id int, name text); INSERT INTO team VALUES (1, 'red');
        CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'red');
        CREATE TABLE badge (id int, team text); INSERT INTO badge VALUES (1, 'red'), (2, NULL);
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, name text UNIQUE, source char(1));
        CREATE TABLE member (id int PRIMARY KEY, team text UNIQUE REFERENCES team (name) ON UPDATE CASCADE, source char(1));
        CREATE TABLE badge (id int PRIMARY KEY, team text REFERENCES member (team) ON UPDATE CASCADE, source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("team", "member", "badge")
        let options = Sync.Options(isAtomic: isAtomic)
        try await scenario.sync(configuration, options: options)
        try await scenario.source.run("UPDATE team SET name = 'old'; INSERT INTO team VALUES (2, 'red')")
        #expect(try await scenario.sync(configuration, options: options).outcome == .success)
        #expect(
          try await scenario.target.value("SELECT m.team || b.team FROM member m JOIN badge b USING (id)") == "redred")
        #expect(try await scenario.sync(configuration, options: options).totals.written == 0)
      }
    }

    @Test func `a merge in parts leaves the rows of the application as they are`() async throws {
      let source = Self.areas + "INSERT INTO area VALUES (3, 'E', 'forbidden')"
      let target = Self.appAreas("CASCADE") + "ALTER TABLE area ADD CHECK (name <> 'forbidden')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let before = try await scenario.target.value(Self.note)
        let log = CapturedLog()
        let report = try await scenario.sync(byCode(scenario), options: Sync.Options(logger: log.logger))
        #expect(log.lines("merge_in_parts").count == 1)
        #expect(report.table("area")?.counts.rejected == 2)
        #expect(report.table("area")?.counts.updated == 1)
        #expect(try await scenario.target.value(Self.note) == before)
      }
    }
  }
}
