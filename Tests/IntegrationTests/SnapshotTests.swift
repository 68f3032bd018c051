import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// One state of the source for all readers, and what a stopped run leaves.
  @Suite struct SnapshotTests {
    private static let source =
      "CREATE TABLE t AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 30000) g; CREATE VIEW w AS SELECT id FROM t"
    private static let target =
      "CREATE TABLE t (id int PRIMARY KEY, v text, source text); CREATE TABLE w (id int PRIMARY KEY, source text)"

    /// Through the stage: small chunks are what gives a rewrite time to come between.
    private func configuration(_ scenario: Scenario, _ tables: String...) -> SyncConfiguration {
      scenario.configuration(
        tables.map { TableConfiguration(target: TableName(name: $0)) },
        settings: RunSettings(jobs: 2, chunkBytes: 128 << 10, retries: 0)
      ).staged
    }

    @Test func `a rewrite of a source table waits until everything is read, so that no row is lost`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let rewrite = TaskSlot<Void>()
        let report = try await scenario.sync(configuration(scenario, "t")) { event in
          guard case .staged = event else { return }
          // From here on readers have begun, and their chunks are not all read.
          rewrite.start { try await scenario.source.run("TRUNCATE t") }
        }
        _ = try await rewrite.value
        #expect(report.totals.inserted == 30_000)
        #expect(try await scenario.source.value("SELECT count(*) FROM t") == "0")
      }
    }

    @Test func `no reader stands behind a rewrite that waits for the run`() async throws {
      let source = Self.source + "; CREATE TABLE later AS SELECT g AS id FROM generate_series(1, 10) g"
      let target = Self.target + "; CREATE TABLE later (id int PRIMARY KEY, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let rewrite = TaskSlot<Void>()
        // The smaller table is read last, when the rewrite has been waiting for long.
        let report = try await scenario.sync(configuration(scenario, "t", "later")) { event in
          guard case .staged(let table, _, _) = event, table == "t" else { return }
          rewrite.start { try await scenario.source.run("TRUNCATE later") }
        }
        _ = try await rewrite.value
        #expect(report.table("later")?.error == nil)
        #expect(report.table("later")?.counts.inserted == 10)
      }
    }

    @Test func `the owner of the snapshot holds a lock on every source table, also behind a view`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let seen = TaskSlot<[[String]]>()
        try await scenario.sync(configuration(scenario, "t", "w")) { event in
          guard case .staged = event else { return }
          seen.start {
            try await scenario.source.rows(
              """
              SELECT DISTINCT relation::regclass FROM pg_locks JOIN pg_stat_activity USING (pid)
              WHERE application_name LIKE 'pgtide%' AND state = 'idle in transaction' AND mode = 'AccessShareLock'
                AND relation IN ('t'::regclass, 'w'::regclass) ORDER BY 1
              """)
          }
        }
        #expect(try await seen.value == [["t"], ["w"]])
      }
    }

    /// A source that takes its time after the first 100,000 rows, so that there is time to do something to its reader.
    private static let slow = """
      CREATE VIEW slow AS SELECT g AS id FROM generate_series(1, 200000) g,
        LATERAL (SELECT pg_sleep(CASE WHEN g > 100000 THEN 0.01 ELSE 0 END)) s;
      """

    /// Syncs the slow source, and ends those of pgtide's sessions there for which `condition` holds, once rows flow.
    private func syncSlow(
      killing condition: String, _ check: (Result<SyncReport, any Error>, Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: Self.slow, target: "CREATE TABLE slow (id int PRIMARY KEY, source text)") {
        scenario in
        let kill = TaskSlot<Void>()
        let result: Result<SyncReport, any Error>
        do {
          result = .success(
            try await scenario.sync(configuration(scenario, "slow")) { event in
              guard case .staged = event else { return }
              kill.start {
                try await scenario.source.run(
                  """
                  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND (\(condition))
                  """)
              }
            })
        } catch {
          result = .failure(error)
        }
        _ = try await kill.value
        try await check(result, scenario)
        #expect(try await scenario.target.value("SELECT count(*) FROM slow") == "0")
      }
    }

    @Test func `a run that loses its snapshot's owner and a reader says so, and lands nothing`() async throws {
      try await syncSlow(killing: "true") { result, _ async throws in
        let report = try result.get()
        #expect(report.outcome == .failed)
        #expect(report.error?.contains("snapshot") == true)
        #expect(report.error?.contains("what to do") == true)
        #expect(report.table("slow")?.status == .stopped)
      }
    }

    @Test func `a reader whose session ends fails its table as a lost session, not as a damaged stream`() async throws {
      try await syncSlow(killing: "query LIKE 'COPY%'") { result, _ async throws in
        let table = try result.get().table("slow")
        #expect(table?.status == .failed)
        // libpq loses the server's word (57P01) when it reads it together with the end of the connection.
        let error = table?.error ?? ""
        #expect(error.contains("57P01") || error.contains("server closed the connection"), "\(error)")
        #expect(!error.contains("trailer"))
      }
    }

    @Test func `rows that come while the run reads are left for the next one`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let insert = TaskSlot<Void>()
        let report = try await scenario.sync(configuration(scenario, "t")) { event in
          guard case .staged = event else { return }
          insert.start { try await scenario.source.run("INSERT INTO t VALUES (0, 'late')") }
        }
        _ = try await insert.value
        #expect(report.totals.read == 30_000)
        #expect(try await scenario.sync(configuration(scenario, "t")).totals.inserted == 1)
      }
    }

    @Test(arguments: ["staged", "comparing", "merging"])
    func `a cancelled run leaves the target as it was, its stages empty and no session behind`(
      _ moment: String
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let run = TaskSlot<SyncReport>()
        let begun = run.start {
          try await scenario.sync(configuration(scenario, "t")) { event in
            let isMoment =
              switch event {
              case .staged: moment == "staged"
              case .comparing: moment == "comparing"
              case .merging: moment == "merging"
              default: false
              }
            if isMoment { run.cancel() }
          }
        }
        await #expect(throws: CancellationError.self) { try await begun.value }
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        #expect(
          try await scenario.target.value(
            "SELECT coalesce(sum(pg_relation_size(c.oid)), 0) FROM pg_class c WHERE relname ~ '^(stage|delta)_'") == "0"
        )
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "cancelled")
        let sessions =
          "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()"
        try await scenario.target.wait(for: "0", from: sessions)
        try await scenario.source.wait(for: "0", from: sessions)
        #expect(try await scenario.sync(configuration(scenario, "t")).totals.inserted == 30_000)
      }
    }

    @Test func `what a killed run left in its stages does not reach the next`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(configuration(scenario, "t"))
        try await scenario.target.run(
          "INSERT INTO pgtide.stage_forward_public_t VALUES (-1, 'left'); INSERT INTO pgtide.delta_forward_public_t VALUES ('(0,1)', 'insert')"
        )
        let report = try await scenario.sync(configuration(scenario, "t"))
        #expect(report.totals.read == 30_000)
        #expect(report.totals.unchanged == 30_000)
      }
    }

    @Test func `a stage that lost its rows is noticed before anything is committed`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        // What a crash of the target does to unlogged tables, at the worst moment: when the comparison has ended.
        try await scenario.target.run(
          """
          CREATE FUNCTION public.lose() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN DELETE FROM pgtide.stage_forward_public_t WHERE id <= 10; RETURN NULL; END $$;
          """)
        try await scenario.sync(configuration(scenario, "t"))
        try await scenario.target.run(
          "TRUNCATE t; CREATE TRIGGER lose AFTER INSERT ON pgtide.delta_forward_public_t EXECUTE FUNCTION public.lose()"
        )
        let report = try await scenario.sync(configuration(scenario, "t"))
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("the sums do not match") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
      }
    }
  }
}
