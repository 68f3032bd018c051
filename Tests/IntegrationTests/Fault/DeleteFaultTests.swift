import EphemeralPostgres
import FaultProxy
import PGTide
import Postgres
import Testing

extension Integration {
  /// The connection goes while rows are deleted, or put back.
  @Suite struct DeleteFaultTests {
    private static let source = """
      CREATE TABLE team (id int, name text); INSERT INTO team SELECT g, 'team ' || g FROM generate_series(1, 20) g;
      CREATE TABLE player (id int, team_id int); INSERT INTO player SELECT g, 1 + g % 20 FROM generate_series(1, 60) g;
      """
    private static let target = """
      CREATE TABLE team (id int PRIMARY KEY, name text, source char(1));
      CREATE TABLE player (id int PRIMARY KEY, team_id int REFERENCES team ON DELETE CASCADE, source char(1));
      """
    /// Two teams go with their players, and what refers to one of them is not ours.
    private static let edits = """
      DELETE FROM player WHERE team_id IN (1, 2, 3); DELETE FROM team WHERE id IN (1, 2, 3);
      UPDATE team SET name = 'new' WHERE id = 9; INSERT INTO player VALUES (100, 9)
      """
    private static let app = "INSERT INTO player VALUES (900, 3, 'M')"
    private static let gone = ["team": 2, "player": 9]

    private func through<R: Sendable>(
      _ scenario: Scenario, _ body: (FaultProxy, SyncConfiguration) async throws -> R
    ) async throws -> R {
      try await withFaultProxy(
        to: .unixSocket(scenario.target.cluster.socketPath), watching: ["COMMIT"]
      ) { proxy in
        var configuration = scenario.removing("team", "player")
        configuration.target.connection = scenario.target.connectionString(through: proxy)
        return try await body(proxy, configuration)
      }
    }

    /// Both ends as before the deletes, with no history.
    private func reset(_ scenario: Scenario) async throws {
      try await scenario.source.run("DROP TABLE team, player; " + Self.source)
      try await scenario.target.run("TRUNCATE team, player")
      try await scenario.sync(scenario.removing("team", "player"))
      try await scenario.target.run("DELETE FROM pgtide.runs; DELETE FROM pgtide.deleted; " + Self.app)
      try await scenario.source.run(Self.edits)
    }

    private func rows(_ table: String, _ scenario: Scenario) async throws -> Int {
      Int(try await scenario.target.value("SELECT count(*) FROM \(table)")) ?? -1
    }

    /// The server has committed, and nobody was told.
    @Test func `a connection lost right behind any COMMIT leaves true counts of what was deleted`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await reset(scenario)
        let commits = try await through(scenario) { proxy, configuration async throws in
          #expect(try await scenario.sync(configuration).totals.deleted == 11)
          return await proxy.traffic.seen["COMMIT"] ?? 0
        }
        try #require(commits >= 3)
        for number in 1...commits {
          try await reset(scenario)
          try await through(scenario) { proxy, configuration async throws in
            proxy.arm(Fault(at: .answered("COMMIT", time: number), .cut(.reset)))
            var once = configuration
            once.settings.retries = 0
            let report = try? await scenario.sync(once)
            try await expectTrue(report, number, scenario)
            await proxy.heal()
            #expect(try await scenario.sync(configuration).outcome == .success)
          }
          #expect(try await scenario.target.rows("SELECT id FROM team WHERE id < 4") == [["3"]])
          #expect(try await scenario.target.rows("SELECT id FROM player WHERE team_id < 4") == [["900"]])
          // Each that has gone was kept once.
          #expect(
            try await scenario.target.rows(
              "SELECT table_name, count(*), count(DISTINCT row_key) FROM pgtide.deleted GROUP BY 1 ORDER BY 1")
              == [["player", "9", "9"], ["team", "2", "2"]], "COMMIT \(number)")
        }
      }
    }

    /// What the report and the history say of deleted rows is what is missing, and was kept.
    private func expectTrue(_ report: SyncReport?, _ number: Int, _ scenario: Scenario) async throws {
      for (table, full) in [("team", 20), ("player", 61)] {
        let updated = try await rows("\(table) WHERE id = 100 AND '\(table)' = 'player'", scenario)
        let missing = full + updated - (try await rows(table, scenario))
        let place: Comment = "COMMIT \(number), \(table): \(missing) are gone"
        #expect([0, Self.gone[table]].contains(missing), place)
        let kept = try await rows("pgtide.deleted WHERE table_name = '\(table)'", scenario)
        #expect(kept == missing, place)
        if let counts = report?.table(table)?.counts { #expect(counts.deleted == missing, place) }
        let history = try await scenario.target.rows(
          "SELECT deleted FROM pgtide.run_tables WHERE table_name = '\(table)' AND deleted IS NOT NULL")
        #expect((history.first?.first ?? "0") == "\(missing)", place)
      }
    }

    @Test func `rows come back as a whole or not at all, wherever the connection goes, and a second time does it`()
      async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await reset(scenario)
        try await scenario.sync(scenario.removing("team", "player"))
        let before = try await scenario.target.rows(
          "SELECT 'team', id FROM team UNION SELECT 'player', id FROM player ORDER BY 1, 2")
        let size = try await through(scenario) { proxy, configuration async throws in
          let trial = try await Undelete(configuration)()
          #expect(trial.tables.map(\.restored).reduce(0, +) == 11)
          return await proxy.traffic.bytes
        }
        let points = (1...8).map { Fault.Point.bytes(size * $0 / 9) } + [.before("COMMIT", time: 1)]
        for point in points {
          try await through(scenario) { proxy, configuration async throws in
            proxy.arm(Fault(at: point, .cut(.reset, .all)))
            await #expect(throws: ServerError.self, "\(point)") {
              try await Undelete(configuration, isTrial: false)()
            }
          }
          #expect(
            try await scenario.target.rows(
              "SELECT 'team', id FROM team UNION SELECT 'player', id FROM player ORDER BY 1, 2")
              == before, "\(point)")
          #expect(try await rows("pgtide.deleted", scenario) == 11, "\(point)")
        }
        let report = try await Undelete(scenario.removing("team", "player"), isTrial: false)()
        #expect(report.tables.map(\.restored).reduce(0, +) == 11)
        #expect(try await rows("pgtide.deleted", scenario) == 0)
        #expect(try await rows("player WHERE team_id IN (1, 2, 3)", scenario) == 10)
      }
    }
  }
}
