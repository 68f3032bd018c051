import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Rows that the application claims while a merge waits for others.
  @Suite struct ClaimedRowTests {
    private static let source =
      "CREATE TABLE card (id int, v text); INSERT INTO card SELECT g, 'new' FROM generate_series(1, 20) g"
    private static let target = """
      CREATE TABLE card (id int PRIMARY KEY, v text, source char(1));
      INSERT INTO card SELECT g, 'old', 'D' FROM generate_series(1, 20) g;
      """
    /// Sessions of pgtide that wait for another transaction than `claimed`.
    private static func waiting(besides pid: String) -> String {
      """
      SELECT count(*) > 0 FROM pg_stat_activity a
      WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND wait_event_type = 'Lock'
        AND NOT \(pid) = ANY (pg_blocking_pids(a.pid))
      """
    }

    @Test func `the application goes on writing a row that it claimed, while the merge waits for another`() async throws
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        func session<R: Sendable>(_ body: (Connection) async throws -> R) async throws -> R {
          try await Postgres.withConnection(
            ConnectionOptions(label: "app", connectionString: scenario.target.connectionString), body)
        }
        let report = try await session { claiming in
          try await session { holding in
            let pid =
              try await claiming.batch([
                "BEGIN", "UPDATE public.card SET source = 'M', v = 'mine' WHERE id = 5", "SELECT pg_backend_pid()",
              ]).last?.rows.first?.text(0) ?? ""
            try await holding.batch(["BEGIN", "SELECT FROM public.card WHERE id = 15 FOR UPDATE"])
            async let running = scenario.sync(scenario.configuration("card"))
            try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
            try await claiming.query("COMMIT")
            try await scenario.target.wait(for: "t", from: Self.waiting(besides: pid))
            // Where the first wait, with all rows in hand, is not over yet, it is soon.
            try await claiming.batch([
              "SET lock_timeout = '5s'", "UPDATE public.card SET v = 'mine again' WHERE id = 5",
            ])
            try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
            try await holding.query("COMMIT")
            return try await running
          }
        }
        #expect(report.outcome == .success)
        #expect(report.totals.updated == 19)
        #expect(report.totals.protected == 1)
        #expect(try await scenario.target.value("SELECT v FROM card WHERE id = 5") == "mine again")
        #expect(try await scenario.target.value("SELECT count(*) FROM card WHERE v = 'new'") == "19")
      }
    }

    /// One transaction of the application holds more rows than there are passes.
    @Test func `many rows that somebody holds are updated when they are free`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "UPDATE public.card SET v = 'theirs' WHERE id > 2"])
          async let running = scenario.sync(scenario.configuration("card"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await Task.sleep(for: .seconds(1))
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.totals.updated == 20)
        #expect(try await scenario.target.value("SELECT count(*) FROM card WHERE v = 'new'") == "20")
      }
    }

    @Test func `a run that is cancelled while it waits for locked rows leaves all of them as they were`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let log = CapturedLog()
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "SELECT FROM public.card WHERE id = 15 FOR UPDATE"])
          let running = Task {
            try await scenario.sync(scenario.configuration("card"), options: Sync.Options(logger: log.logger))
          }
          while log.lines("waiting_for_rows").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          running.cancel()
          await #expect(throws: CancellationError.self) { try await running.value }
          try await app.query("COMMIT")
        }
        #expect(try await scenario.target.value("SELECT count(*) FROM card WHERE v = 'old' AND source = 'D'") == "20")
        #expect(try await scenario.sync(scenario.configuration("card")).totals.updated == 20)
      }
    }
  }
}
