import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// The search for refused rows, when there are many, and when something else comes in between.
  @Suite struct ManyRefusalsTests {
    private static let refused = RejectReason.refusedByTarget.words
    private let source = "CREATE TABLE t (id int, v int); INSERT INTO t SELECT g, g FROM generate_series(1, 20000) g;"

    @Test(
      arguments: [
        ("v % 13 <> 0", 1538), ("v > 3000", 3000), ("v NOT BETWEEN 5000 AND 5100", 101), ("v = 0", 20000),
        ("v <> 20000", 1), ("v NOT IN (1, 1024, 1025, 2048)", 4),
      ])
    func `every refused row is found, wherever it stands, and no other`(check: String, expected: Int) async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (\(check)), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.table("t")?.rejectReasons == [Self.refused: expected])
        let wrong =
          "SELECT count(*) FROM pgtide.rejects WHERE (SELECT \(check) FROM (SELECT (row_data->>'v')::int AS v) r)"
        #expect(try await scenario.target.value(wrong) == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "\(20000 - expected)")
      }
    }

    @Test func `the search asks the server for all rows at once, not for each`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v % 13 <> 0), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let statements = Mutex<[String]>([])
        let options = Sync.Options(tracer: { trace in statements.withLock { $0.append(trace.statement) } })
        try await scenario.sync(scenario.configuration("t").staged, options: options)
        let all = statements.withLock(\.self)
        #expect(all.count < 200)
        #expect(all.filter { $0.hasPrefix("DO $pgtide$\n-- Writes the rows of a delta") }.count == 1)
      }
    }

    @Test func `a fast merge takes no savepoint and no code`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 0), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let statements = Mutex<[String]>([])
        let options = Sync.Options(tracer: { trace in statements.withLock { $0.append(trace.statement) } })
        try await scenario.sync(scenario.configuration("t").staged, options: options)
        // There is code that takes rights back, when tables are made.
        let all = statements.withLock(\.self).filter { !$0.hasPrefix("DO $pgtide$\n-- Takes what was just made") }
        #expect(all.allSatisfy { !$0.contains("SAVEPOINT") && !$0.hasPrefix("DO ") })
      }
    }

    @Test func `names and constants with quotes of every kind pass through the code`() async throws {
      let source =
        #"CREATE TABLE "it's $pgtide$" ("k""1" int, "part" int, "it's" text); INSERT INTO "it's $pgtide$" VALUES (1, 1, 'a'), (2, 2, 'b')"#
      let target = #"""
        CREATE TABLE "it's $pgtide$" ("k""1" int PRIMARY KEY, "part" int CHECK (part <> 2), "it's" text, "verdict" text, source text);
        """#
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("it's $pgtide$")
        configuration.tables[0].columns = [ColumnMapping(column: "verdict", value: .constant(#"$pgtide$ ' " \ %"#))]
        let report = try await scenario.sync(configuration)
        #expect(report.tables[0].error == nil)
        #expect(report.tables[0].rejectReasons == [Self.refused: 1])
        #expect(
          try await scenario.target.value(#"SELECT verdict FROM "it's $pgtide$""#) == #"$pgtide$ ' " \ %"#)
      }
    }

    // MARK: - What is no row's fault

    @Test func `a lock that is not got during the search is not taken for a refusal`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 10), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t").staged
        configuration.settings.lockTimeout = .milliseconds(300)
        configuration.settings.retries = 0
        let failed = Mutex<[String]>([])
        let tracer: StatementTracer = { trace in
          // Who holds the lock is asked meanwhile, on a connection that ends with the wait.
          guard !trace.connection.hasSuffix("(probe)") else { return }
          if trace.failure != nil { failed.withLock { $0.append(String(trace.statement.prefix(3))) } }
        }
        let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(app) { app in
          // Row 10 is refused before row 30 has to wait for the app.
          try await app.batch(["BEGIN", "INSERT INTO t VALUES (30, 0, 'M')"])
          return try await scenario.sync(configuration, options: Sync.Options(tracer: tracer))
        }
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("55P03") == true)
        #expect(failed.withLock(\.self) == ["BEG", "DO "])
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "0")
      }
    }

    @Test func `a trigger that runs into what the server lacks does not make rejects`() async throws {
      let trigger = """
        CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 10), source text);
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.v = 20 THEN RAISE 'no room' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER act BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION public.act();
        """
      try await withScenario(source: source, target: trigger) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("no room") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "0")
      }
    }

    @Test func `a run that is stopped during the search ends there and leaves nothing`() async throws {
      let trigger = """
        CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 10), source text);
        CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.v = 20 THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$;
        CREATE TRIGGER act BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION public.act();
        """
      try await withScenario(source: source, target: trigger) { scenario async throws in
        let run = Task { try await scenario.sync(scenario.configuration("t")) }
        let searching = """
          SELECT count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'DO $pgtide$%' AND wait_event = 'PgSleep'
          """
        try await scenario.target.wait(for: "1", from: searching)
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "0")
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "cancelled")
      }
    }

    @Test func `without the language plpgsql the table fails with the server's words and what is missing`() async throws
    {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 10), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        // What pgtide keeps is made with it.
        _ = try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run("TRUNCATE t; DROP EXTENSION plpgsql")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("check constraint") == true)
        #expect(report.table("t")?.error?.contains("plpgsql") == true)
      }
    }

    // MARK: - The app

    @Test func `a row that the app takes over during the search is protected`() async throws {
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 10), source text);
        INSERT INTO t SELECT g, 0, 'D' FROM generate_series(1, 50) g;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.source.run("DELETE FROM t WHERE id > 50")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // Written, and not yet committed: the comparison still sees our row, the search waits for the app's.
          try await app.batch(["BEGIN", "UPDATE t SET source = 'M', v = 77 WHERE id = 40"])
          async let report = scenario.sync(scenario.configuration("t"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await app.query("COMMIT")
          return try await report
        }
        #expect(report.table("t")?.error == nil)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 1])
        #expect(report.totals.protected == 1)
        #expect(report.totals.updated == 48)
        #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 40") == "77")
      }
    }
  }
}
