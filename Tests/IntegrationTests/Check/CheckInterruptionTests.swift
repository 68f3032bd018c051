import EphemeralPostgres
import FaultProxy
import PGTide
import Postgres
import Testing

extension Integration {
  /// Checks that somebody stops, and lines that break while both ends are read.
  @Suite struct CheckInterruptionTests {
    private static let source = """
      CREATE TABLE a AS SELECT g AS id, 'v' || g AS v FROM generate_series(1, 2000) g;
      CREATE TABLE b AS SELECT g AS id, 1 + g % 2000 AS a_id FROM generate_series(1, 2000) g;
      """
    private static let target = """
      CREATE TABLE a (id int PRIMARY KEY, v text, source text);
      CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a, source text);
      INSERT INTO a SELECT g, 'v' || g, 'D' FROM generate_series(1, 1999) g;
      INSERT INTO b SELECT g, 1 + g % 1000, 'D' FROM generate_series(2, 2001) g;
      """

    private func expectNothingLeft(_ scenario: Scenario, location: SourceLocation = #_sourceLocation) async throws {
      let sessions = """
        SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()
        """
      for database in [scenario.source, scenario.target] { try await database.wait(for: "t", from: sessions) }
      #expect(
        try await scenario.target.value("SELECT count(*) FROM pg_class WHERE relpersistence = 't'") == "0",
        sourceLocation: location)
      #expect(
        try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t", sourceLocation: location)
    }

    @Test func `an interrupted check leaves no session and no table, and exits with 130`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [a, b]\n"
        // Both lanes have made their tables, and wait for a row that they would take from the source.
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let ended = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.a, public.b IN ACCESS EXCLUSIVE MODE"])
          async let running = PGTideProcess.run(
            "{ { for i in $(seq 1200); do test -e stop && break; sleep 0.05; done; kill -INT $(cat pid); } & "
              + "{ psql \"$APP\" -Atc \"\(Self.waiting)\" > /dev/null; touch stop; } & "
              + "sh -c 'echo $$ > pid; exec $PGTIDE check --jobs 2 2> errors'; }",
            files: ["pgtide.yaml": yaml],
            environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
          let ended = try await running
          try await app.query("ROLLBACK")
          return ended
        }
        #expect(ended.code == 130, "\(ended)")
        try await expectNothingLeft(scenario)
      }
    }

    /// Comes back when a session of pgtide waits for a lock.
    private static let waiting = """
      DO \\$\\$ BEGIN FOR i IN 1..1200 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'pgtide%'
          AND datname = current_database() AND wait_event_type = 'Lock');
        PERFORM pg_sleep(0.05); END LOOP; END \\$\\$
      """

    enum End: String, CaseIterable { case source, target }

    @Test(arguments: End.allCases)
    func `a line that breaks is told, and no table is called level or different for that`(_ end: End) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration("a", "b")
        let right = try await scenario.check(configuration)
        #expect(right.tables.map(\.sourceOnly) == [1, 1])
        #expect(right.tables[1].differ > 900)
        let size = try await through(end, scenario) { proxy, configuration async throws in
          _ = try await scenario.check(configuration)
          return await proxy.traffic.bytes
        }
        for part in 1...9 {
          try await through(end, scenario) { proxy, configuration async throws in
            proxy.arm(Fault(at: .bytes(size * part / 10), .cut(.reset)))
            guard let report = try? await scenario.check(configuration) else { return }
            for (table, known) in zip(report.tables, right.tables) where table.error == nil {
              #expect(
                [table.level, table.differ, table.sourceOnly] == [known.level, known.differ, known.sourceOnly],
                "\(part) of 10")
            }
          }
        }
        try await expectNothingLeft(scenario)
      }
    }

    @Test(arguments: End.allCases)
    func `a line that breaks while rows are profiled ends the plan, and leaves no session`(_ end: End) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let size = try await through(end, scenario) { proxy, configuration async throws in
          _ = try await Sync(configuration).measuredPlan()
          return await proxy.traffic.bytes
        }
        for part in [3, 6, 8, 9] {
          try await through(end, scenario) { proxy, configuration async throws in
            proxy.arm(Fault(at: .bytes(size * part / 10), .cut(.reset)))
            await #expect(throws: ServerError.self, "\(part) of 10") {
              _ = try await Sync(configuration).measuredPlan()
            }
          }
        }
        try await expectNothingLeft(scenario)
      }
    }

    private func through<R: Sendable>(
      _ end: End, _ scenario: Scenario, _ body: (FaultProxy, SyncConfiguration) async throws -> R
    ) async throws -> R {
      let database = end == .source ? scenario.source : scenario.target
      return try await withFaultProxy(to: .unixSocket(database.cluster.socketPath)) { proxy in
        var configuration = scenario.configuration("a", "b")
        switch end {
        case .source: configuration.source.connection = database.connectionString(through: proxy)
        case .target: configuration.target.connection = database.connectionString(through: proxy)
        }
        return try await body(proxy, configuration)
      }
    }
  }
}
