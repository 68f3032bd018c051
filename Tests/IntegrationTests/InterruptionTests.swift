import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Locks that are not given back, sessions that end, and parents that go.
  @Suite struct InterruptionTests {
    private static let source =
      "CREATE TABLE a (id int); CREATE TABLE b (id int); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)"
    private static let target =
      "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, source text)"

    private func withApp<R: Sendable>(_ scenario: Scenario, _ body: (Connection) async throws -> R) async throws -> R {
      let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
      return try await Postgres.withConnection(options) { try await body($0) }
    }

    @Test func `a lock that nobody gives back ends its table, and no other`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let tables = ["a", "b"].map { TableConfiguration(target: TableName(name: $0)) }
        let report = try await withApp(scenario) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.a VALUES (1)"])
          return try await scenario.sync(
            scenario.configuration(tables, settings: RunSettings(lockTimeout: .milliseconds(200), retries: 1)))
        }
        #expect(report.table("a")?.status == .failed)
        #expect(report.table("a")?.error?.contains("lock_timeout") == true)
        #expect(report.table("b")?.status == .success)
      }
    }

    @Test func `a table that is locked as a whole does not keep the others waiting`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let tables = ["a", "b"].map { TableConfiguration(target: TableName(name: $0)) }
        let report = try await withApp(scenario) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.a IN ACCESS EXCLUSIVE MODE"])
          return try await scenario.sync(
            scenario.configuration(tables, settings: RunSettings(lockTimeout: .milliseconds(200), retries: 1)))
        }
        #expect(report.table("a")?.status == .failed)
        #expect(report.table("b")?.status == .success)
      }
    }

    @Test func `a merge whose session the target ends is tried again, and counted`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await withApp(scenario) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.a VALUES (1, 'M')"])
          async let running = scenario.sync(scenario.configuration("a", "b").staged)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND wait_event_type = 'Lock'
            """)
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.table("a")?.retries == 1)
        // The app's row came first.
        #expect(report.table("a")?.counts.protected == 1)
        #expect(report.table("b")?.retries == 0)
      }
    }

    @Test func `a source session that ends fails the run or its table, and never lands a part of it`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 30000) g"
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        let end = TaskSlot<Void>()
        let configuration = scenario.configuration(
          [TableConfiguration(target: TableName(name: "t"))], settings: RunSettings(jobs: 1, chunkBytes: 64 << 10))
        let report = try? await scenario.sync(configuration) { event in
          guard case .staged = event else { return }
          end.start {
            try await scenario.source.run(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'pgtide%' AND datname = current_database()
              """)
          }
        }
        _ = try await end.value
        #expect(report?.table("t")?.status != .success)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        #expect(try await scenario.sync(configuration).totals.inserted == 30_000)
      }
    }

    @Test func `a row of ours that the app changes without claiming it is overwritten`() async throws {
      let target = Scenario.appPeople + "INSERT INTO people VALUES (1, 'old', 'D')"
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        let report = try await withApp(scenario) { app in
          try await app.batch(["BEGIN", "UPDATE public.people SET name = 'app' WHERE id = 1"])
          async let running = scenario.sync(scenario.configuration("people"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.totals.updated == 1)
        #expect(report.totals.inserted == 2)
        #expect(try await scenario.target.value("SELECT name FROM people WHERE id = 1") == "Ann")
      }
    }

    @Test(arguments: [1, 8])
    func `any number of jobs comes to the same`(_ jobs: Int) async throws {
      let names = (1...6).map { "t\($0)" }
      let rows = "SELECT g AS id, g AS p FROM generate_series(1, 5000) g"
      let source = names.map { "CREATE TABLE \($0) AS \(rows);" }.joined()
      let target = zip(names, ["t1"] + names).map {
        "CREATE TABLE \($0) (id int PRIMARY KEY, p int REFERENCES \($1), source text);"
      }.joined()
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = names.reversed().map { TableConfiguration(target: TableName(name: $0)) }
        let report = try await scenario.sync(
          scenario.configuration(tables, settings: RunSettings(jobs: jobs, chunkBytes: 64 << 10)))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 30_000)
      }
    }
  }
}
