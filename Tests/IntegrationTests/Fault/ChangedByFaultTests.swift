import EphemeralPostgres
import FaultProxy
import FoundationEssentials
import PGTide
import Postgres
import Testing

extension Integration {
  /// A run over changed rows that ends before its time, and the one after it, which must begin where nothing is lost.
  @Suite struct ChangedByFaultTests {
    private static let source = """
      CREATE TABLE card (id int PRIMARY KEY, v text, changed timestamptz);
      INSERT INTO card SELECT g, 'v' || g, now() - interval '1 day' FROM generate_series(1, 50) g;
      """
    private static let target = "CREATE TABLE card (id int PRIMARY KEY, v text, source char(1) DEFAULT 'M')"
    private static let cards = "SELECT string_agg(v, ' ' ORDER BY id) FROM card"

    private func configuration(_ scenario: Scenario) -> SyncConfiguration {
      var configuration = scenario.configuration("card")
      configuration.stamps = StampRule()
      configuration.tables[0].changedBy = ChangeRule(column: "changed", overlap: .seconds(1))
      return configuration
    }

    /// What has changed is older than the overlap when the next run looks.
    private static func edit(_ number: Int, _ age: String = "0 s") -> String {
      "UPDATE card SET v = 'edit \(number)', changed = now() - interval '\(age)' WHERE id = \(number)"
    }

    /// The next run reads changed rows only, and is level.
    private func expectNothingLost(_ scenario: Scenario, _ comment: Comment) async throws {
      let report = try await scenario.sync(configuration(scenario))
      #expect(report.table("card")?.changedBy?.since != nil, comment)
      #expect(
        try await scenario.target.value(Self.cards) == scenario.source.value(Self.cards), comment)
    }

    @Test func `a change is not lost with the connection, on either side of any COMMIT`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(configuration(scenario))
        try await scenario.source.run(Self.edit(50))
        let commits = try await through(scenario) { proxy, configuration async throws in
          #expect(try await scenario.sync(configuration).totals.updated == 1)
          return await proxy.traffic.seen["COMMIT"] ?? 0
        }
        try #require(commits >= 1)
        for number in 1...commits {
          for (place, point) in [Fault.Point.before("COMMIT", time: number), .answered("COMMIT", time: number)]
            .enumerated()
          {
            try await scenario.source.run(Self.edit(2 * number + place))
            try await through(scenario) { proxy, configuration async throws in
              proxy.arm(Fault(at: point, .cut(.reset, .all)))
              var once = configuration
              once.settings.retries = 0
              _ = try? await scenario.sync(once)
            }
            try await expectNothingLost(scenario, "\(point)")
          }
        }
      }
    }

    private func through<R: Sendable>(
      _ scenario: Scenario, _ body: (FaultProxy, SyncConfiguration) async throws -> R
    ) async throws -> R {
      try await withFaultProxy(
        to: .unixSocket(scenario.target.cluster.socketPath), watching: ["COMMIT"]
      ) { proxy in
        var configuration = configuration(scenario)
        configuration.target.connection = scenario.target.connectionString(through: proxy)
        return try await body(proxy, configuration)
      }
    }

    @Test func `a run that is killed while it lands leaves the mark where it was`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(configuration(scenario))
        try await scenario.source.run(Self.edit(7))
        let mark =
          "SELECT changed_by->>'mark' FROM pgtide.run_tables WHERE changed_by IS NOT NULL ORDER BY run_id DESC LIMIT 1"
        let before = try await scenario.target.value(mark)
        let pidFile = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: pidFile) }
        let yaml = """
          source: "\(scenario.source.connectionString)"
          target: "\(scenario.target.connectionString)"
          origin: {column: source, ours: D}
          tables:
            card: {changed_by: {column: changed, overlap: 1s}}
          """
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "SELECT FROM public.card WHERE id = 7 FOR UPDATE"])
          async let running = PGTideProcess.run(
            "{ $PGTIDE sync & echo $! >'\(pidFile)'; wait $!; }", files: ["pgtide.yaml": yaml])
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          _ = try await PGTideProcess.run("kill -KILL $(cat '\(pidFile)')", files: [:])
          #expect(try await running.code == 137)
          try await app.query("ROLLBACK")
        }
        #expect(try await scenario.target.value(mark) == before)
        try await expectNothingLost(scenario, "killed while it waits for a lock")
        #expect(try await scenario.target.value(mark) > before)
      }
    }
  }
}
