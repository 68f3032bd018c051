import EphemeralPostgres
import FaultProxy
import PGTide
import Testing

extension Integration {
  /// The connection goes just at a COMMIT: what the run says must be what the target holds.
  @Suite struct LostCommitTests {
    private static let source = """
      CREATE TABLE a AS SELECT g AS id, 'new' AS v FROM generate_series(1, 5) g;
      CREATE TABLE b AS SELECT g AS id, g AS a, 'new' AS v FROM generate_series(1, 5) g;
      """
    private static let target = """
      CREATE TABLE a (id int PRIMARY KEY, v text, source text);
      CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, v text, source text);
      """

    enum Heard: String, CaseIterable {
      /// The server never got the COMMIT: nothing stands.
      case no
      /// It committed, and nobody was told.
      case yes
    }

    /// How the rows get to the target.
    enum Way: String, CaseIterable {
      case stage, directLoad
      /// They are there; their digests say so.
      case level
    }

    @Test(arguments: Heard.allCases, Way.allCases)
    func `a connection lost at any COMMIT leaves a true report, and the next run brings all level`(
      _ heard: Heard, _ way: Way
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let commits = try await withProxy(scenario, way) { proxy, configuration in
          // The first run also makes pgtide's schema.
          try await scenario.sync(configuration)
          await proxy.resetTraffic()
          try await clear(scenario, way)
          let report = try await scenario.sync(configuration)
          #expect(report.tables.allSatisfy { $0.isLoadedDirectly == (way == .directLoad) })
          #expect(report.totals.matched == (way == .level ? 10 : 0))
          return await proxy.traffic.seen["COMMIT"] ?? 0
        }
        try #require(commits >= 2)
        for number in 1...commits { try await lose(number, heard, way, scenario) }
      }
    }

    private func withProxy<R: Sendable>(
      _ scenario: Scenario, _ way: Way, _ body: (FaultProxy, SyncConfiguration) async throws -> R
    ) async throws -> R {
      try await withFaultProxy(
        to: .unixSocket(scenario.target.cluster.socketPath), watching: ["COMMIT"]
      ) { proxy in
        var configuration = scenario.configuration("a", "b")
        configuration.settings.directLoad = way == .directLoad ? .auto : .never
        configuration.settings.digest = way == .level ? .auto : .never
        configuration.target.connection = scenario.target.connectionString(through: proxy)
        return try await body(proxy, configuration)
      }
    }

    private func clear(_ scenario: Scenario, _ way: Way) async throws {
      if way != .level { try await scenario.target.run("TRUNCATE a, b") }
      try await scenario.target.run("DELETE FROM _sync_metadata; DELETE FROM pgtide.runs")
    }

    private func lose(_ number: Int, _ heard: Heard, _ way: Way, _ scenario: Scenario) async throws {
      try await clear(scenario, way)
      try await withProxy(scenario, way) { proxy, configuration in
        proxy.arm(
          Fault(at: heard == .yes ? .answered("COMMIT", time: number) : .before("COMMIT", time: number), .cut(.reset)))
        let report = try? await scenario.sync(configuration)
        for table in ["a", "b"] {
          let rows = try await scenario.target.value("SELECT count(*) FROM \(table)")
          #expect(["0", "5"].contains(rows))
          let says = report?.table(table)?.status
          let history = try await scenario.target.rows(
            "SELECT status FROM pgtide.run_tables WHERE table_name = '\(table)'")
          let place = "COMMIT \(number), \(table) has \(rows) rows, the report says \(says?.rawValue ?? "nothing")"
          // What is level stands there anyway.
          let hasLanded = way == .level ? history == [["success"]] : rows == "5"
          if let says { #expect((says == .success) == hasLanded, "\(place)") }
          #expect((history == [["success"]]) == hasLanded, "\(place), the history \(history)")
        }
        await proxy.heal()
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.value("SELECT count(*) FROM a JOIN b ON b.a = a.id") == "5")
      }
    }
  }
}
