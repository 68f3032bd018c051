import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Updates whose foreign keys lead to rows of the application, which nobody can know before they are written.
  @Suite struct CascadeTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let testDescription: String
      var source = "CREATE TABLE team (id int, name text, code text); INSERT INTO team VALUES (1, 'Gamma', 'alpha')"
      let target: String
      var tables = ["team"]
    }

    private static let player = """
      CREATE TABLE app (id int PRIMARY KEY, code text REFERENCES team (code) ON UPDATE CASCADE, source char(1));
      INSERT INTO app VALUES (10, 'alpha', 'M');
      """

    static let cases = [
      Case(
        testDescription: "the referenced column is generated",
        target: """
          CREATE TABLE team (id int PRIMARY KEY, name text, code text GENERATED ALWAYS AS (lower(name)) STORED UNIQUE,
            source char(1));
          INSERT INTO team VALUES (1, 'Alpha', DEFAULT, 'D');
          """ + player),
      Case(
        testDescription: "a trigger sets the referenced column",
        target: """
          CREATE TABLE team (id int PRIMARY KEY, name text, code text UNIQUE, source char(1));
          CREATE FUNCTION low() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.code := lower(NEW.name); RETURN NEW; END$$;
          CREATE TRIGGER low BEFORE INSERT OR UPDATE ON team FOR EACH ROW EXECUTE FUNCTION low();
          INSERT INTO team VALUES (1, 'Alpha', '', 'D');
          """ + player),
      Case(
        testDescription: "a generated column of a row of ours that refers to it",
        source: """
          CREATE TABLE team (id int, code text); INSERT INTO team VALUES (1, 'new');
          CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'new');
          """,
        target: """
          CREATE TABLE team (id int PRIMARY KEY, code text UNIQUE, source char(1)); INSERT INTO team VALUES (1, 'old', 'D');
          CREATE TABLE member (id int PRIMARY KEY, team text REFERENCES team (code) ON UPDATE CASCADE,
            tag text GENERATED ALWAYS AS (upper(team)) STORED UNIQUE, source char(1));
          INSERT INTO member VALUES (1, 'old', DEFAULT, 'D');
          CREATE TABLE app (id int PRIMARY KEY, tag text REFERENCES member (tag) ON UPDATE CASCADE, source char(1));
          INSERT INTO app VALUES (10, 'OLD', 'M');
          """,
        tables: ["team", "member"]),
      Case(
        testDescription: "a foreign key that leads on from row to row",
        source: """
          CREATE TABLE app (id int, org text, n int, parent int);
          INSERT INTO app VALUES (1, 'y', 1, NULL), (2, 'y', 2, 1);
          """,
        target: """
          CREATE TABLE app (id int PRIMARY KEY, org text, n int, parent int, source char(1), UNIQUE (org, n),
            FOREIGN KEY (org, parent) REFERENCES app (org, n) ON UPDATE CASCADE);
          INSERT INTO app VALUES (1, 'x', 1, NULL, 'D'), (2, 'x', 2, 1, 'D'), (30, 'x', 3, 2, 'M');
          """,
        tables: ["app"]),
      Case(
        testDescription: "a row of ours moves to another partition, which deletes it in the one that is referred to",
        source: """
          CREATE TABLE team (id int, code text); INSERT INTO team VALUES (1, 'y');
          CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'y');
          """,
        target: """
          CREATE TABLE team (id int PRIMARY KEY, code text UNIQUE, source char(1)); INSERT INTO team VALUES (1, 'x', 'D');
          CREATE TABLE member (id int, team text REFERENCES team (code) ON UPDATE CASCADE, source char(1),
            PRIMARY KEY (id, team)) PARTITION BY LIST (team);
          CREATE TABLE member_x PARTITION OF member FOR VALUES IN ('x');
          CREATE TABLE member_others PARTITION OF member DEFAULT;
          INSERT INTO member VALUES (1, 'x', 'D');
          CREATE TABLE app (id int PRIMARY KEY, member int, team text, source char(1),
            FOREIGN KEY (member, team) REFERENCES member_x (id, team) ON DELETE CASCADE);
          INSERT INTO app VALUES (10, 1, 'x', 'M');
          """,
        tables: ["team", "member"]),
    ]

    private static let appRows =
      "SELECT string_agg(ctid || ' ' || xmin || ' ' || a::text, ',') FROM app a WHERE source = 'M'"
    private static let reasons = """
      SELECT string_agg(DISTINCT table_name || ': ' || reason, ',') FROM pgtide.rejects WHERE reason NOT LIKE 'missing%'
      """

    @Test(arguments: cases, [false, true])
    func `an update that reached a row of the application is rejected`(_ value: Case, countsTuples: Bool) async throws {
      try await withScenario(source: value.source, target: value.target) { scenario async throws in
        let before = try await scenario.target.value(Self.appRows)
        var configuration = scenario.configuration(value.tables.map { TableConfiguration(target: TableName(name: $0)) })
        if !countsTuples { configuration.target.session = [SessionWish(name: "track_counts", value: "off")] }
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .rejects)
          #expect(report.totals.written == 0)
          #expect(try await scenario.target.value(Self.appRows) == before)
        }
        #expect(
          try await scenario.target.value(Self.reasons)
            == "\(value.tables[0]): would change rows that refer to it")
      }
    }

    /// Up to version 14 the server deletes such a row where it was, and what refers to it; later ones refuse the move.
    @Test func `a row of ours that moves to another partition takes no row of the application along`() async throws {
      let value = Self.cases[4]
      let target = value.target.replacing("REFERENCES member_x (", with: "REFERENCES member (")
      #expect(target != value.target)
      try await withScenario(source: value.source, target: target) { scenario async throws in
        let before = try await scenario.target.value(Self.appRows)
        let report = try await scenario.sync(scenario.configuration("team", "member"))
        #expect(report.totals.updated == 0)
        #expect(report.table("team")?.counts.rejected == 1)
        #expect(try await scenario.target.value(Self.appRows) == before)
      }
    }

    @Test func `where it is allowed, what a trigger changes is written to the rows that refer to it`() async throws {
      let value = Self.cases[1]
      try await withScenario(source: value.source, target: value.target) { scenario async throws in
        let team = TableConfiguration(target: TableName(name: "team"), onUpdate: .allow)
        #expect(try await scenario.sync(scenario.configuration([team])).totals.updated == 1)
        #expect(try await scenario.target.value("SELECT code FROM app") == "gamma")
      }
    }

    /// What deletes or changes rows of the application only when ours are deleted, or is the application's own trigger.
    @Test(arguments: [false, true])
    func `an update goes in where foreign keys lead to the application's rows but do not write to them`(
      countsTuples: Bool
    ) async throws {
      let value = Self.cases[0]
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, name text, code text UNIQUE, source char(1));
        INSERT INTO team VALUES (1, 'Alpha', 'alpha', 'D');
        CREATE TABLE app (id int PRIMARY KEY, team int REFERENCES team ON DELETE CASCADE, seen int DEFAULT 0, source char(1));
        CREATE TABLE other (id int PRIMARY KEY, code text REFERENCES team (code) ON UPDATE CASCADE, source char(1));
        INSERT INTO app VALUES (10, 1, 0, 'M'); INSERT INTO other VALUES (10, 'alpha', 'M');
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
          $$BEGIN UPDATE public.app SET seen = seen + 1 WHERE team = NEW.id; RETURN NULL; END$$;
        CREATE TRIGGER note AFTER UPDATE ON team FOR EACH ROW EXECUTE FUNCTION note();
        """
      try await withScenario(source: value.source, target: target) { scenario async throws in
        var configuration = scenario.configuration("team")
        if !countsTuples { configuration.target.session = [SessionWish(name: "track_counts", value: "off")] }
        #expect(try await scenario.sync(configuration).totals.updated == 1)
        #expect(try await scenario.target.value("SELECT seen FROM app") == "1")
      }
    }

    private static let chain = """
      CREATE TABLE team (id int, code text); INSERT INTO team VALUES (1, 'new');
      CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'new');
      CREATE TABLE app (id int, team text); INSERT INTO app VALUES (1, 'new');
      """
    private static func chainTarget(appRefers: Bool) -> String {
      """
      CREATE TABLE team (id int PRIMARY KEY, code text UNIQUE, source char(1)); INSERT INTO team VALUES (1, 'old', 'D');
      CREATE TABLE member (id int PRIMARY KEY, team text UNIQUE REFERENCES team (code) ON UPDATE CASCADE, source char(1));
      INSERT INTO member VALUES (1, 'old', 'D');
      CREATE TABLE app (id int PRIMARY KEY, team text\(appRefers ? " REFERENCES member (team) ON UPDATE CASCADE" : ""),
        source char(1));
      """
    }

    /// Runs a sync, and `body` in a transaction of the application that the sync has to wait for.
    private func sync(
      _ scenario: Scenario, _ tables: [String], while statements: [SQL], then more: [SQL] = []
    ) async throws -> SyncReport {
      let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      let configuration = scenario.configuration(tables.map { TableConfiguration(target: TableName(name: $0)) })
      return try await Postgres.withConnection(options) { app in
        try await app.batch(["BEGIN"] + statements)
        async let running = scenario.sync(configuration)
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await app.batch(more + ["COMMIT"])
        return try await running
      }
    }

    @Test func `a row that the application claims at the end of a chain stays as it is`() async throws {
      let target = Self.chainTarget(appRefers: true) + "INSERT INTO app VALUES (1, 'old', 'D')"
      try await withScenario(source: Self.chain, target: target) { scenario async throws in
        let report = try await sync(
          scenario, ["team", "member", "app"], while: ["UPDATE public.app SET source = 'M' WHERE id = 1"])
        #expect(report.table("team")?.counts.rejected == 1)
        #expect(try await scenario.target.value("SELECT team || source FROM app") == "oldM")
      }
    }

    /// The row of ours holds what the source has when its parents are locked, so that nothing seems to change.
    @Test func `a row that comes to refer to what the application has just changed stays as it is`() async throws {
      let source = "CREATE TABLE team (id int, code text, name text); INSERT INTO team VALUES (1, 'new', 'changed')"
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, code text UNIQUE, name text, source char(1));
        INSERT INTO team VALUES (1, 'new', 'old', 'D');
        CREATE TABLE app (id int PRIMARY KEY, code text REFERENCES team (code) ON UPDATE CASCADE, source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(
          scenario, ["team"],
          while: ["UPDATE public.team SET code = 'own' WHERE id = 1", "INSERT INTO public.app VALUES (1, 'own', 'M')"])
        #expect(report.table("team")?.counts.rejected == 1)
        #expect(try await scenario.target.value("SELECT code || source FROM app") == "ownM")
      }
    }

    @Test func `a foreign key that is added behind a table of ours is followed`() async throws {
      let target = Self.chainTarget(appRefers: false) + "INSERT INTO app VALUES (1, 'old', 'M')"
      try await withScenario(source: Self.chain, target: target) { scenario async throws in
        let report = try await sync(
          scenario, ["team", "member"], while: ["SELECT FROM public.team FOR UPDATE"],
          then: ["ALTER TABLE public.app ADD FOREIGN KEY (team) REFERENCES public.member (team) ON UPDATE CASCADE"])
        #expect(report.table("team")?.counts.rejected == 1)
        #expect(try await scenario.target.value("SELECT team || source FROM app") == "oldM")
      }
    }

    @Test func `rows of ours that the source does not bring are told of where a foreign key changed them`() async throws
    {
      let source = """
        CREATE TABLE team (id int, code text); INSERT INTO team VALUES (1, 'new');
        CREATE TABLE member (id int, team text); INSERT INTO member VALUES (1, 'new');
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY, code text UNIQUE, source char(1)); INSERT INTO team VALUES (1, 'old', 'D');
        CREATE TABLE member (id int PRIMARY KEY, team text REFERENCES team (code) ON UPDATE SET NULL, source char(1));
        INSERT INTO member VALUES (1, 'old', 'D'), (2, 'old', 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("team", "member"))
        #expect(
          try await scenario.target.value("SELECT string_agg(id || coalesce(team, '-'), ' ' ORDER BY id) FROM member")
            == "1new 2-")
        #expect(
          report.table("team")?.notices.contains {
            $0.hasPrefix("its updates changed team of rows of member that refer to it (ON UPDATE SET NULL)")
          } == true)
      }
    }
  }
}
