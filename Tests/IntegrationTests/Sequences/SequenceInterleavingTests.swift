import EphemeralPostgres
import FaultProxy
import PGTide
import Postgres
import Testing

extension Integration {
  /// An app that draws numbers at every moment of a run is never given one twice, and never one of the run's.
  @Suite struct SequenceInterleavingTests {
    private static let target = "CREATE TABLE t (id bigserial PRIMARY KEY, v text, source text DEFAULT 'M')"

    private static func source(_ first: Int) -> String {
      "CREATE TABLE t AS SELECT \(first)::bigint + g AS id, 'v' AS v FROM generate_series(1, 50) g"
    }

    private func configuration(_ scenario: Scenario, _ proxy: FaultProxy, isDirect: Bool) -> SyncConfiguration {
      var configuration = scenario.configuration("t")
      if !isDirect { configuration = configuration.staged }
      configuration.settings.jobs = 1
      configuration.target.connection = scenario.target.connectionString(through: proxy)
      return configuration
    }

    private func withApp<R: Sendable>(
      _ scenario: Scenario, _ body: (DrawingApp, FaultProxy) async throws -> R
    ) async throws -> R {
      let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(options) { connection in
        // It does not wait for a lock of the run: what would have to is no step between two of the run's.
        try await connection.query("SET lock_timeout = '100ms'")
        let app = DrawingApp(connection)
        return try await withFaultProxy(to: .unixSocket(scenario.target.cluster.socketPath)) { proxy in
          try await body(app, proxy)
        }
      }
    }

    private func clear(_ scenario: Scenario, _ app: DrawingApp) async throws {
      try await scenario.target.run("TRUNCATE t; ALTER SEQUENCE t_id_seq RESTART; DELETE FROM pgtide.runs")
      app.forget()
    }

    /// What must hold, whenever the app drew.
    private func check(_ scenario: Scenario, _ app: DrawingApp, _ report: SyncReport, _ place: String) async throws {
      #expect(report.outcome == .success, "\(place)")
      #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE v = 'v'") == "50", "\(place)")
      let before = app.errors.count
      await app.draw(3)
      #expect(app.errors.count == before, "\(place): \(app.errors)")
      let numbers = app.numbers
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(place): \(numbers)")
      let highest = try await scenario.target.value("SELECT max(id) FROM t WHERE v = 'v'")
      #expect((Int(highest) ?? .max) < numbers.suffix(3)[numbers.count - 3], "\(place): \(numbers)")
    }

    @Test(arguments: [true, false])
    func `an app that passes the run's numbers between any two steps is given none of them again`(_ isDirect: Bool)
      async throws
    {
      try await withScenario(source: Self.source(0), target: Self.target) { scenario async throws in
        try await withApp(scenario) { app, proxy in
          let configuration = configuration(scenario, proxy, isDirect: isDirect)
          try await scenario.sync(configuration)
          try await clear(scenario, app)
          await proxy.resetTraffic()
          let plain = try await scenario.sync(configuration)
          #expect(plain.table("t")?.isLoadedDirectly == isDirect)
          let turns = await proxy.traffic.requests
          try #require(turns > 5)
          var steps = 0
          for turn in 1...turns {
            try await clear(scenario, app)
            await proxy.resetTraffic()
            // The numbers up to 50 are the run's: the app's rows with them would have to be protected.
            proxy.arm(Fault(at: .turn(turn, .toServer), .nothing)) { _ in
              DrawingApp.blocking { await app.draw(60, inserted: { $0 > 50 && !isDirect }) }
            }
            let report = try await scenario.sync(configuration)
            // The last steps are those by which connections are closed.
            await proxy.heal()
            if app.numbers.count == 60 { steps += 1 } else { #expect(turn > turns - 10 && app.numbers.isEmpty) }
            try await check(scenario, app, report, "step \(turn) of \(turns)")
          }
          #expect(steps > turns / 2)
        }
      }
    }

    @Test func `an app that draws and inserts between every two steps goes on undisturbed`() async throws {
      try await withScenario(source: Self.source(10_000), target: Self.target) { scenario async throws in
        try await withApp(scenario) { app, proxy in
          let configuration = configuration(scenario, proxy, isDirect: false)
          try await scenario.sync(configuration)
          try await clear(scenario, app)
          await proxy.resetTraffic()
          for turn in 1...200 {
            proxy.arm(Fault(at: .turn(turn, .toServer), .nothing)) { _ in DrawingApp.blocking { await app.draw(2) } }
          }
          let report = try await scenario.sync(configuration)
          #expect(app.numbers.count > 20)
          #expect(app.errors.isEmpty)
          #expect(report.table("t")?.sequencesMoved == 1)
          try await check(scenario, app, report, "all steps")
          let rows = try await scenario.target.value("SELECT count(*) FROM t WHERE v = 'app'")
          #expect(rows == "\(app.numbers.count)")
        }
      }
    }

    /// Too far to be drawn. Somebody moves the sequence further at any moment, or is kept from it by the lock.
    @Test func `a sequence that is set under a lock is not set back`() async throws {
      try await withScenario(source: Self.source(1_000_000_000), target: Self.target) { scenario async throws in
        try await withApp(scenario) { app, proxy in
          let configuration = configuration(scenario, proxy, isDirect: true)
          try await scenario.sync(configuration)
          try await clear(scenario, app)
          await proxy.resetTraffic()
          try await scenario.sync(configuration)
          let turns = await proxy.traffic.requests
          try #require(turns > 5)
          var isRefused = false
          // On a busy machine a run asks once more here or there.
          for turn in 1...turns + 4 {
            try await clear(scenario, app)
            await proxy.resetTraffic()
            proxy.arm(Fault(at: .turn(turn, .toServer), .nothing)) { _ in
              DrawingApp.blocking { await app.set(2_000_000_000) }
            }
            let report = try await scenario.sync(configuration)
            await proxy.heal()
            if !app.errors.isEmpty { isRefused = true }
            try await check(scenario, app, report, "step \(turn) of \(turns)")
          }
          #expect(isRefused)
        }
      }
    }

    /// Within the statement that draws.
    @Test func `an app that draws all the time is given no number twice`() async throws {
      try await withScenario(source: Self.source(2_000_000), target: Self.target) { scenario async throws in
        try await withApp(scenario) { app, proxy in
          let configuration = configuration(scenario, proxy, isDirect: false)
          let drawing = Task { while !Task.isCancelled { await app.draw(10) } }
          let report = try await scenario.sync(configuration)
          drawing.cancel()
          await drawing.value
          #expect(app.errors.isEmpty)
          #expect(report.table("t")?.sequencesMoved == 1)
          try await check(scenario, app, report, "all the time")
        }
      }
    }
  }
}
