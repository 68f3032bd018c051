import EphemeralPostgres
import FoundationEssentials
import PGTide
import Testing

extension Integration {
  /// Settings that a role, a database or a connection string leaves behind for our sessions.
  @Suite struct LeftBehindTests {
    @Test func `every setting that a session can have stands in the documentation`() async throws {
      let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
      let text = try String(contentsOfFile: root + "/docs/reference/settings.md", encoding: .utf8)
      try await withDatabases { source, _ async throws in
        let names = try await source.rows(
          """
          SELECT name FROM pg_settings
          WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') AND name NOT LIKE '%.%'
          """)
        #expect(names.count > 150)
        #expect(names.joined().filter { !text.contains("`\($0)`") } == [])
      }
    }

    @Test(arguments: Leftover.set, Leftover.Place.allCases)
    func `what we set, or what travels as text, is right whatever was left behind`(
      _ leftover: Leftover, _ place: Leftover.Place
    ) async throws {
      try await leftover.prepared(at: place, superuser: false) { scenario, configuration async throws in
        try await Leftover.demandRightRows(scenario, configuration)
      }
    }

    @Test(arguments: Leftover.Place.allCases)
    func `a source that is read-only by default is read, a target is refused`(_ place: Leftover.Place) async throws {
      let leftover = Leftover(setting: "default_transaction_read_only", value: "on")
      try await leftover.prepared(at: place, superuser: false, on: [.source]) { scenario, configuration async throws in
        try await Leftover.demandRightRows(scenario, configuration)
      }
      try await leftover.prepared(at: place, superuser: false, on: [.target]) { scenario, configuration async throws in
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(refusal?.description.contains("default_transaction_read_only") == true)
      }
    }

    @Test(arguments: Leftover.demanded, Leftover.Place.allCases)
    func `what must not be otherwise is set where the role may`(
      _ leftover: Leftover, _ place: Leftover.Place
    ) async throws {
      try await leftover.prepared(at: place, superuser: true) { scenario, configuration async throws in
        try await Leftover.demandRightRows(scenario, configuration)
      }
    }

    @Test(arguments: Leftover.demanded, [Leftover.Place.role, .database])
    func `what must not be otherwise is refused by name where the role may not set it`(
      _ leftover: Leftover, _ place: Leftover.Place
    ) async throws {
      try await leftover.prepared(at: place, superuser: false) { scenario, configuration async throws in
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        let problems = refusal?.problems ?? []
        // What is only read fires nothing.
        let ends = leftover.setting == "session_replication_role" ? ["target"] : ["source", "target"]
        try #require(problems.count == ends.count, "\(refusal?.description ?? "")")
        for (end, problem) in zip(ends, problems) {
          #expect(problem.problem.contains("the \(end)'s sessions have \(leftover.setting) = \(leftover.value)"))
          #expect(problem.advice.contains("RESET \(leftover.setting)"))
          #expect(problem.advice.contains(place == .role ? "ALTER ROLE" : "ALTER DATABASE"))
        }
      }
    }

    @Test func `what no session can set is refused with the place where it was said`() async throws {
      let leftover = Leftover(setting: "ignore_system_indexes", value: "on")
      try await leftover.prepared(at: .options, superuser: true, on: [.target]) {
        scenario, configuration async throws in
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(refusal?.description.contains("ignore_system_indexes = on (set by the connection string") == true)
      }
    }

    @Test func `triggers and foreign keys fire for a role whose sessions are replicas by default`() async throws {
      let leftover = Leftover(setting: "session_replication_role", value: "replica")
      try await leftover.prepared(at: .role, superuser: true) { scenario, configuration async throws in
        try await scenario.target.run(
          """
          CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v = upper(NEW.v); RETURN NEW; END $$;
          CREATE TRIGGER shout BEFORE INSERT ON fresh FOR EACH ROW EXECUTE FUNCTION shout();
          """)
        _ = try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT v FROM fresh WHERE id = 1") == "ZOË 1")
      }
    }

    // MARK: - Encodings

    private static let wrongEncodings: [(name: String, change: @Sendable (inout SyncConfiguration) -> Void)] = [
      (
        "a keyword",
        {
          $0.source.connection += " client_encoding=latin1"; $0.target.connection += " client_encoding=latin1"
        }
      ),
      ("auto", { $0.target.connection += " client_encoding=auto" }),
      (
        "options",
        {
          $0.source.connection += " options='-c client_encoding=latin1'"
          $0.target.connection += " options='-c client_encoding=latin1'"
        }
      ),
      (
        "options beside a keyword",
        { $0.target.connection += " client_encoding=latin1 options=--client_encoding=latin1" }
      ),
    ]

    @Test(arguments: wrongEncodings.map(\.name))
    func `texts travel in UTF-8, whatever the connection string says`(_ name: String) async throws {
      let change = try #require(Self.wrongEncodings.first { $0.name == name }?.change)
      let harmless = Leftover(setting: "work_mem", value: "5MB")
      try await harmless.prepared(at: .role, superuser: false) { scenario, configuration async throws in
        var configuration = configuration
        change(&configuration)
        try await Leftover.demandRightRows(scenario, configuration)
      }
    }

    @Test(arguments: [
      ["PGCLIENTENCODING": "LATIN1"], ["PGOPTIONS": "-c client_encoding=LATIN1"],
      ["PGSERVICE": "wrong", "PGSERVICEFILE": "service.conf"],
      ["PGSERVICE": "strange", "PGSERVICEFILE": "service.conf"],
    ])
    func `texts travel in UTF-8, whatever the environment and a service file say`(
      _ environment: [String: String]
    ) async throws {
      let harmless = Leftover(setting: "work_mem", value: "5MB")
      try await harmless.prepared(at: .role, superuser: false) { scenario, configuration async throws in
        let yaml = """
          source: \(configuration.source.connection)
          target: \(configuration.target.connection)
          origin: none
          tables: [fresh, grown]
          """
        let service = """
          [wrong]
          client_encoding=LATIN1
          [strange]
          options=-c client_encoding=LATIN1 -c IntervalStyle=sql_standard -c extra_float_digits=-15
          """
        let ended = try await PGTideProcess.run(
          "\"$PGTIDE\" sync", files: ["pgtide.yaml": yaml, "service.conf": service], environment: environment)
        #expect(ended.code == 0, "\(ended.errors)")
        for table in ["fresh", "grown"] {
          #expect(
            try await Leftover.rows(table, in: scenario.target) == Leftover.rows(table, in: scenario.source))
        }
      }
    }
  }
}
