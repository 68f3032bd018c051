import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows of ours on the target that the source lacks are counted in every run, whichever way it finds out what differs.
  @Suite struct TargetOnlyTests {
    private static let source = "CREATE TABLE t AS SELECT g AS id, 'v' AS v FROM generate_series(1, 1000) g"
    private static let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source char(1))"

    /// Two runs, of which the second finds what `changing` has made of both ends.
    private func second(
      _ changing: String, onTarget: String = "", source: String = source, target: String = target,
      configure: (inout SyncConfiguration) -> Void = { _ in },
      options: Sync.Options = Sync.Options(), _ body: (SyncReport, Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configure(&configuration)
        try await scenario.sync(configuration)
        try await scenario.source.run(changing)
        try await scenario.target.run(onTarget)
        try await body(try await scenario.sync(configuration, options: options), scenario)
      }
    }

    private func demand(_ rows: Int, _ report: SyncReport, _ scenario: Scenario) async throws {
      #expect(report.table("t")?.counts.targetOnly == rows)
      #expect(report.totals.targetOnly == rows)
      #expect(
        try await scenario.target.rows(
          "SELECT r.target_only, t.target_only FROM pgtide.runs r JOIN pgtide.run_tables t USING (run_id) "
            + "ORDER BY run_id DESC LIMIT 1") == [["\(rows)", "\(rows)"]])
    }

    @Test(arguments: [
      ("", 0), ("DELETE FROM t WHERE id % 100 = 0", 10), ("TRUNCATE t", 1000),
      ("DELETE FROM t WHERE id IN (3, 900); UPDATE t SET v = 'w' WHERE id IN (4, 5, 600)", 2),
      ("DELETE FROM t WHERE id <= 900; UPDATE t SET v = 'w'", 900),
      ("DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (2000, 'new'), (9, 'twin'), (NULL, 'none')", 1),
    ])
    func `by digests and by comparison they are the same number`(changing: String, rows: Int) async throws {
      try await second(changing) { try await demand(rows, $0, $1) }
      try await second(changing, configure: { $0 = $0.staged }) { try await demand(rows, $0, $1) }
    }

    @Test func `rows of the app are none of ours, rows without a marker are`() async throws {
      let app = "INSERT INTO t VALUES (-1, 'app', 'M'), (-2, 'nobody', NULL)"
      try await second("UPDATE t SET v = 'w' WHERE id = 1", onTarget: app) { try await demand(1, $0, $1) }
      try await second("", onTarget: app, configure: { $0 = $0.staged }) { try await demand(1, $0, $1) }
    }

    @Test func `of a partitioned table whose source has twins each row is counted once`() async throws {
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v text, source char(1)) PARTITION BY RANGE (id);
        CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO (500);
        CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (500) TO (MAXVALUE);
        """
      try await second(
        "INSERT INTO t VALUES (10, 'twin'), (10, 'third'), (600, 'twin'); DELETE FROM t WHERE id = 601", target: target,
        configure: { $0 = $0.staged }
      ) { report, scenario async throws in
        #expect(report.totals.rejected == 5)
        try await demand(1, report, scenario)
      }
    }

    @Test func `a rule for duplicates counts the row that goes in`() async throws {
      try await second(
        "INSERT INTO t VALUES (10, 'twin'); DELETE FROM t WHERE id = 11",
        configure: { $0.tables[0].duplicates = .last(by: "src.v") }
      ) { try await demand(1, $0, $1) }
    }

    @Test(arguments: [Sync.Options(isDryRun: true), Sync.Options(isAtomic: true)])
    func `a dry run and one transaction for all tables count them, too`(options: Sync.Options) async throws {
      try await second("DELETE FROM t WHERE id < 4", options: options) { report, _ in
        #expect(report.table("t")?.counts.targetOnly == 3)
      }
    }

    @Test func `the report says it of the table, and nothing where there are none`() async throws {
      try await second("DELETE FROM t WHERE id = 4") { report, _ in
        #expect(
          report.table("t")?.warnings == [
            "1 row of ours stands on the target only: no row that was read from the source has the same key. Nothing is "
              + "deleted"
          ])
      }
      try await second("") { report, _ in #expect(report.table("t")?.warnings == []) }
    }

    @Test func `where values could not be compared the report says that they were not counted`() async throws {
      let source = "CREATE DOMAIN small AS int; CREATE TABLE t (id int, v small[]); INSERT INTO t VALUES (1, '{1}')"
      let target = """
        CREATE DOMAIN small AS int CHECK (VALUE < 10);
        CREATE TABLE t (id int PRIMARY KEY, v small[], source char(1));
        """
      try await second("INSERT INTO t VALUES (2, '{11}')", source: source, target: target) {
        report, scenario async throws in
        #expect(report.totals.rejected == 1)
        #expect(report.table("t")?.counts.targetOnly == nil)
        #expect(report.table("t")?.notices.contains { $0.contains("were not counted") } == true)
        #expect(
          try await scenario.target.value(
            "SELECT target_only IS NULL FROM pgtide.run_tables ORDER BY run_id DESC LIMIT 1") == "t")
      }
    }
  }
}
