import EphemeralPostgres
import FoundationEssentials
import PGTide
import Postgres
import Testing

extension Integration {
  /// A pgtide that is killed in the middle of a direct load, and the run after it.
  @Suite struct KilledLoadTests {
    /// Runs `pgtide sync` until `isThere` answers `t` on `database`, kills it, and waits until its sessions have gone.
    private func kill(
      _ yaml: String, _ options: String, when isThere: String, on database: TestDatabase, _ scenario: Scenario,
      andThen release: () async throws -> Void
    ) async throws {
      let pidFile = FileManager.default.temporaryDirectory.appending(path: "pgtide-pid-\(UUID())").path
      defer { try? FileManager.default.removeItem(atPath: pidFile) }
      async let running = PGTideProcess.run(
        "{ $PGTIDE sync \(options) & echo $! >'\(pidFile)'; wait $!; }", files: ["pgtide.yaml": yaml])
      try await database.wait(for: "t", from: isThere)
      _ = try await PGTideProcess.run("kill -KILL $(cat '\(pidFile)')", files: [:])
      #expect(try await running.code == 137)
      try await release()
      for database in [scenario.source, scenario.target] {
        try await database.wait(
          for: "0",
          from: """
            SELECT count(*) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide %' AND datname = current_database()
            """)
      }
    }

    private func yaml(_ scenario: Scenario, _ tables: String) -> String {
      """
      source: "\(scenario.source.connectionString)"
      target: "\(scenario.target.connectionString)"
      origin: {column: source, ours: D}
      tables:
      \(tables)
      """
    }

    @Test func `a large table that waits for its parent is rolled back with its indexes, and lands next time`()
      async throws
    {
      let source = """
        CREATE TABLE parent AS SELECT g AS id FROM generate_series(1, 20) g;
        CREATE TABLE child AS SELECT g AS id, g % 20 + 1 AS parent FROM generate_series(1, 3000) g;
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text);
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        CREATE INDEX child_parent ON child (parent);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let yaml = yaml(scenario, "  parent:\n  child:")
        let app = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(app) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.parent IN SHARE MODE"])
          let isLoaded = """
            SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name LIKE 'pgtide%'
              AND datname = current_database() AND state = 'idle in transaction' AND query LIKE 'ANALYZE%child%'
            """
          try await kill(yaml, "--indexes rebuild", when: isLoaded, on: scenario.target, scenario) {
            try await app.query("COMMIT")
          }
        }
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
        #expect(try await scenario.target.value("SELECT 'child_parent'::regclass") == "child_parent")
        let ended = try await PGTideProcess.run("$PGTIDE sync --json", files: ["pgtide.yaml": yaml])
        #expect(ended.code == 0)
        #expect(
          try await scenario.target.value("SELECT count(*) FROM child JOIN parent ON parent.id = parent") == "3000")
        #expect(
          try await scenario.target.rows("SELECT status FROM pgtide.runs ORDER BY run_id") == [["died"], ["success"]])
      }
    }

    @Test func `of small tables that are loaded together none lands, and all do next time`() async throws {
      let source = "CREATE TABLE a AS SELECT g AS id FROM generate_series(1, 9) g; CREATE TABLE b AS TABLE a;"
      let target = """
        CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, name text, source text)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        // The second table's rows wait in the source, when those of the first are stored.
        let name = "CASE WHEN pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE 'b' END"
        let yaml = yaml(scenario, "  a:\n  b: {columns: {name: {expression: \"\(name)\"}}}")
        let gate = ConnectionOptions(label: "gate", connectionString: scenario.source.connectionString)
        try await Postgres.withConnection(gate) { gate in
          try await gate.query("SELECT pg_advisory_lock(7)")
          try await kill(yaml, "", when: TestDatabase.waitingForLock, on: scenario.source, scenario) {
            try await gate.query("SELECT pg_advisory_unlock(7)")
          }
        }
        #expect(
          try await scenario.target.value("SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)") == "0")
        let ended = try await PGTideProcess.run("$PGTIDE sync", files: ["pgtide.yaml": yaml])
        #expect(ended.code == 0)
        #expect(
          try await scenario.target.rows("SELECT status, inserted FROM pgtide.runs ORDER BY run_id")
            == [["died", "NULL"], ["success", "18"]])
      }
    }
  }
}
