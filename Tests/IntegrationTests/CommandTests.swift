import EphemeralPostgres
import FoundationEssentials
import PGTide
import Postgres
import Testing

extension Integration {
  /// The built `pgtide`, run as a user runs it.
  @Suite struct CommandTests {
    /// Runs `sh -c script` with `pgtide` in `$PGTIDE`, in a directory of its own with the scenario's `pgtide.yaml`.
    private func run(
      _ script: String, _ scenario: Scenario, tables: String = "  people:\n", extra: String = ""
    ) async throws -> PGTideProcess.Ended {
      let yaml = """
        source: ${OFFICE}
        target: ${APP}
        origin: {column: source, ours: D}
        \(extra)
        tables:
        \(tables)
        """
      return try await PGTideProcess.run(
        script, files: ["pgtide.yaml": yaml],
        environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
    }

    private func withPeople<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople, body)
    }

    @Test func `sync reports on the standard output and exits with 0`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE sync", scenario)
        #expect(ended.code == 0)
        #expect(ended.output.contains("1 of 1 table landed"))
        #expect(ended.errors.contains("people: 3 read, 3 inserted"))
        #expect(!ended.errors.contains("\u{1B}"))
      }
    }

    @Test func `--json prints nothing but JSON on the standard output`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE sync --json", scenario)
        let report = try JSONDecoder().decode(SyncReport.self, from: Data(ended.output.utf8))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        #expect(report.tables.map(\.table) == ["people"])
      }
    }

    @Test func `plan --json prints a plan that the library reads`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE plan --json", scenario)
        let plan = try JSONDecoder().decode(PlanSummary.self, from: Data(ended.output.utf8))
        #expect(plan.tables.map(\.table) == ["people"])
        #expect(plan.tables[0].sql.contains { $0.end == "target" })
      }
    }

    @Test func `--quiet prints nothing when all is well`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE sync --quiet", scenario)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.isEmpty)
      }
    }

    @Test func `the exit code tells rejects, failures, refusals, missing servers and mistakes apart`() async throws {
      try await withPeople { scenario async throws in
        try await scenario.target.run(
          "CREATE TABLE other (id int PRIMARY KEY, source text);" + Scenario.failing("other"))
        try await scenario.source.run("CREATE TABLE other (id int); INSERT INTO other VALUES (1)")
        #expect(try await run("$PGTIDE sync", scenario, tables: "  other:\n").code == 1)
        #expect(try await run("$PGTIDE sync", scenario, tables: "  other:\n  people:\n").code == 3)
        try await scenario.source.run("INSERT INTO people VALUES (NULL, 'Nobody')")
        #expect(try await run("$PGTIDE sync", scenario).code == 2)
        #expect(try await run("$PGTIDE sync", scenario, tables: "  nowhere:\n").code == 4)
        #expect(try await run("APP='host=127.0.0.1 port=1' $PGTIDE sync", scenario).code == 5)
        #expect(try await run("$PGTIDE sync --jobs none", scenario).code == 64)
        #expect(try await run("$PGTIDE sync", scenario, extra: "colour: blue").code == 78)
        #expect(try await run("$PGTIDE sync peopel", scenario).code == 78)
      }
    }

    @Test func `a mistake in the file is told with its line and the nearest name`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE plan", scenario, extra: "defaluts: {jobs: 2}")
        #expect(
          ended.errors.contains(
            "pgtide.yaml:4:1: unknown key `defaluts` in the configuration; did you mean `defaults`?"))
      }
    }

    @Test func `plan shows what would be done, the SQL on request, and writes nothing`() async throws {
      try await withPeople { scenario async throws in
        let plain = try await run("$PGTIDE plan", scenario)
        #expect(plain.code == 0)
        #expect(plain.output.contains("1. people  <-  public.people"))
        #expect(!plain.output.contains("COPY"))
        #expect(try await run("$PGTIDE plan --sql", scenario).output.contains(#"COPY (SELECT src."id" AS "id""#))
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }

    @Test func `--debug shows every statement, without the values`() async throws {
      try await withPeople { scenario async throws in
        let ended = try await run("$PGTIDE sync --debug", scenario)
        #expect(ended.errors.contains(#"INSERT INTO "public"."people""#))
        try await scenario.source.run("UPDATE people SET name = 'Eve' WHERE id = 1")
        let second = try await run("$PGTIDE sync --debug", scenario)
        #expect(second.errors.contains(#"COPY "pgtide"."stage_forward_public_people""#))
        #expect(second.errors.contains("UPDATE ONLY \"public\".\"people\""))
        #expect(![ended, second].contains { $0.errors.contains("Ann") || $0.errors.contains("Eve") })
      }
    }

    @Test func `a reader of the output that goes away ends nothing`() async throws {
      try await withPeople { scenario async throws in
        _ = try await run("$PGTIDE sync 2>&1 | true", scenario)
        try await scenario.target.wait(
          for: "success", from: "SELECT max(status) FROM pgtide.runs WHERE finished_at IS NOT NULL")
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "3")
      }
    }

    @Test(arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)])
    func `a signal rolls back, cleans up, and exits with its own code`(_ signal: String, _ code: Int32) async throws {
      try await withPeople { scenario async throws in
        let file = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let ended = try await Postgres.withConnection(options) { app in
          // The merge waits for this session, so that the signal meets it at work.
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (2, 'app', 'M')"])
          async let ended = run("{ $PGTIDE sync & echo $! >'\(file)'; wait $!; }", scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          _ = try await run("kill -\(signal) $(cat '\(file)')", scenario)
          let result = try await ended
          try await app.query("ROLLBACK")
          return result
        }
        #expect(ended.code == code)
        #expect(ended.errors.contains("rolling back and cleaning up"))
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "cancelled")
      }
    }

    @Test func `a hangup that nohup ignores ends nothing`() async throws {
      try await withPeople { scenario async throws in
        let file = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let ended = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (2, 'app', 'M')"])
          async let ended = run("{ nohup $PGTIDE sync & echo $! >'\(file)'; wait $!; }", scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          _ = try await run("kill -HUP $(cat '\(file)'); sleep 0.5", scenario)
          try await app.query("ROLLBACK")
          return try await ended
        }
        #expect(ended.code == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "3")
      }
    }

    @Test func `a second signal leaves at once, with a code of its own`() async throws {
      try await withPeople { scenario async throws in
        let file = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let ended = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (2, 'app', 'M')"])
          async let ended = run("{ $PGTIDE sync & echo $! >'\(file)'; wait $!; }", scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          // A backend that stands still keeps the cleaning up from ending.
          let backend = try await scenario.target.value(
            """
            SELECT pid FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND wait_event_type = 'Lock'
            """)
          _ = try await run(
            """
            kill -STOP \(backend); kill -INT $(cat '\(file)'); sleep 0.5; kill -INT $(cat '\(file)'); sleep 0.5
            kill -CONT \(backend)
            """, scenario)
          let result = try await ended
          try await app.query("ROLLBACK")
          return result
        }
        #expect(ended.code == 7)
        #expect(try await scenario.target.value("SELECT count(*) FROM people") == "0")
        let next = try await run("$PGTIDE sync", scenario)
        #expect(next.code == 0)
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs ORDER BY run_id LIMIT 1") == "died")
      }
    }

    @Test func `a run beside another one ends with a code of its own, and says who is at work`() async throws {
      try await withPeople { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (2, 'app', 'M')"])
          async let first = run("$PGTIDE sync", scenario)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          let second = try await run("$PGTIDE sync", scenario)
          #expect(second.code == 6)
          #expect(second.errors.contains("another run of the flow forward is at work on this target: backend "))
          #expect(second.errors.contains("--wait"))
          async let patient = run("$PGTIDE sync --wait 1min", scenario)
          try await app.query("ROLLBACK")
          #expect(try await first.code == 0)
          #expect(try await patient.code == 0)
        }
      }
    }
  }
}
