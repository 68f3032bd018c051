import EphemeralPostgres
import FoundationEssentials
import PGTide
import Testing

extension Integration {
  /// What the history keeps from run to run, and what it lets go.
  @Suite struct KeptHistoryTests {
    // MARK: - Rejects

    private static let source = """
      CREATE TABLE t (id int, v text);
      INSERT INTO t SELECT g / 2, 'v' || g FROM generate_series(0, 39) g;
      """
    private static let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
    private let rejects = "SELECT row_data->>'v', times, run_id, first_rejected_at < rejected_at FROM pgtide.rejects"

    private func withTwins(_ body: (Scenario, SyncConfiguration) async throws -> Void) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        try await scenario.sync(configuration)
        try await body(scenario, configuration)
      }
    }

    @Test func `a row that is rejected again is kept once, with since when and how often`() async throws {
      try await withTwins { scenario, configuration async throws in
        #expect(
          try await scenario.target.rows(
            "SELECT DISTINCT times, run_id, previous_run_id, first_rejected_at = rejected_at FROM pgtide.rejects")
            == [["1", "1", "NULL", "t"]])
        for _ in 2...4 { #expect(try await scenario.sync(configuration).totals.rejected == 40) }
        #expect(
          try await scenario.target.rows(
            "SELECT times, run_id, count(*), bool_and(first_rejected_at < rejected_at) FROM pgtide.rejects GROUP BY 1, 2"
          )
            == [["4", "4", "40", "t"]])
      }
    }

    @Test func `of rows that share a key each keeps its own count, and a new one begins at one`() async throws {
      try await withTwins { scenario, configuration async throws in
        try await scenario.source.run("INSERT INTO t VALUES (0, 'a new twin')")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows(rejects + " WHERE row_key->>'id' = '0' ORDER BY 1")
            == [["a new twin", "1", "2", "f"], ["v0", "2", "2", "t"], ["v1", "2", "2", "t"]])
      }
    }

    @Test func `a row that changes is the same one, and holds what it was last`() async throws {
      try await withTwins { scenario, configuration async throws in
        try await scenario.source.run("UPDATE t SET v = v || ' again' WHERE id = 0")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows(rejects + " WHERE row_key->>'id' = '0' ORDER BY 1")
            == [["v0 again", "2", "2", "t"], ["v1 again", "2", "2", "t"]])
      }
    }

    @Test func `a row that is not rejected any more stays with the run that rejected it last`() async throws {
      try await withTwins { scenario, configuration async throws in
        try await scenario.source.run("DELETE FROM t WHERE v = 'v1'")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows("SELECT run_id, count(*) FROM pgtide.rejects GROUP BY 1 ORDER BY 1")
            == [["1", "2"], ["2", "38"]])
      }
    }

    @Test func `rows of two flows are two rejects`() async throws {
      try await withTwins { scenario, configuration async throws in
        var other = configuration
        other.flow = "other"
        try await scenario.sync(other)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects WHERE times = 1") == "80")
      }
    }

    @Test func `the file of rejects has all of the run's, old and new`() async throws {
      try await withTwins { scenario, configuration async throws in
        let path = FileManager.default.temporaryDirectory.appending(path: "rejects-\(UUID()).jsonl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await scenario.sync(configuration, options: Sync.Options(rejectsFile: path))
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 40)
      }
    }

    @Test func `a row that the target refuses in each merge, and one that lacks its parent, are counted once a run`()
      async throws
    {
      let source = """
        CREATE TABLE t (id int, parent int); INSERT INTO t VALUES (1, 9), (2, NULL), (3, NULL), (7, NULL);
        """
      let target = """
        CREATE TABLE t (id int PRIMARY KEY CHECK (id <> 7), parent int REFERENCES t, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        for run in 1...3 {
          try await scenario.source.run(
            "UPDATE t SET parent = 3 - parent WHERE id = 2; INSERT INTO t VALUES (\(100 + run), NULL)")
          #expect(try await scenario.sync(configuration).totals.rejected == 2)
          #expect(
            try await scenario.target.rows("SELECT row_key->>'id', times, run_id FROM pgtide.rejects ORDER BY 1")
              == [["1", "\(run)", "\(run)"], ["7", "\(run)", "\(run)"]])
        }
      }
    }

    // MARK: - Runs

    private let runs = "SELECT run_id FROM pgtide.runs ORDER BY run_id"

    @Test func `the newest runs are kept, and what belongs to the others goes with them`() async throws {
      try await withTwins { scenario, configuration async throws in
        var configuration = configuration
        configuration.settings.keptRuns = 3
        try await scenario.source.run("DELETE FROM t WHERE v IN ('v1', 'v3')")
        for _ in 2...3 { try await scenario.sync(configuration) }
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects WHERE run_id = 1") == "4")
        for _ in 4...5 { try await scenario.sync(configuration) }
        #expect(try await scenario.target.rows(runs) == [["3"], ["4"], ["5"]])
        #expect(
          try await scenario.target.rows("SELECT DISTINCT run_id FROM pgtide.run_tables ORDER BY 1")
            == [["3"], ["4"], ["5"]])
        #expect(try await scenario.target.rows("SELECT DISTINCT run_id FROM pgtide.rejects") == [["5"]])
      }
    }

    @Test func `the runs of another flow, one that is at work and the last that landed stay`() async throws {
      try await withTwins { scenario, configuration async throws in
        var other = configuration
        other.flow = "other"
        try await scenario.sync(other)
        try await scenario.target.run("INSERT INTO pgtide.runs (flow, mode, settings) VALUES ('third', 'full', '{}')")
        var broken = configuration
        broken.settings.keptRuns = 2
        broken.tables[0].source = .relation(TableName(name: "nowhere"))
        for _ in 1...4 { await #expect(throws: PlanRefusal.self) { try await scenario.sync(broken) } }
        #expect(
          try await scenario.target.rows("SELECT flow, status FROM pgtide.runs ORDER BY run_id") == [
            ["forward", "rejects"], ["other", "rejects"], ["third", "running"], ["forward", "refused"],
            ["forward", "refused"],
          ])
      }
    }

    @Test func `the run in which a table landed last stays while others land without it`() async throws {
      let tables = "CREATE TABLE one (id int PRIMARY KEY, v text, w text); CREATE TABLE two (id int PRIMARY KEY);"
      try await withScenario(
        source: tables + "INSERT INTO one SELECT g, 'v', 'w' FROM generate_series(1, 40) g; INSERT INTO two VALUES (1)",
        target: tables
      ) { scenario async throws in
        var configuration = scenario.configuration("one", "two")
        configuration.origin = .allRowsAreOurs
        configuration.settings.keptRuns = 2
        configuration.settings.retries = 0
        try await scenario.sync(configuration)
        try await scenario.target.run(
          """
          CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END$$;
          CREATE TRIGGER full_disk AFTER UPDATE ON one EXECUTE FUNCTION full_disk();
          """)
        try await scenario.source.run("UPDATE one SET v = 'x'")
        for _ in 2...5 { #expect(try await scenario.sync(configuration).outcome == .partial) }
        #expect(try await scenario.target.rows(runs) == [["1"], ["4"], ["5"]])
        try await scenario.target.run("DROP TRIGGER full_disk ON one")
        try await scenario.source.run("ALTER TABLE one DROP w; DELETE FROM one WHERE id > 20")
        let warnings = try await scenario.sync(configuration).tables.flatMap(\.warnings)
        #expect(warnings.contains { $0.contains("lost more than 5 %") })
        #expect(warnings.contains { $0.contains("w") && $0.contains("not filled any more") })
      }
    }

    @Test func `two flows that end at once prune their own runs`() async throws {
      try await withTwins { scenario, configuration async throws in
        var (one, other) = (configuration, configuration)
        other.flow = "other"
        (one.settings.keptRuns, other.settings.keptRuns) = (2, 2)
        for _ in 1...4 {
          async let first = scenario.sync(one)
          async let second = scenario.sync(other)
          #expect(try await [first, second].allSatisfy { $0.outcome == .rejects && $0.error == nil })
        }
        #expect(
          try await scenario.target.rows("SELECT flow, count(*) FROM pgtide.runs GROUP BY 1 ORDER BY 1")
            == [["forward", "2"], ["other", "2"]])
      }
    }
  }
}
