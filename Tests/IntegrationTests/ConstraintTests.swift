import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Rows that a constraint of the target refuses: they are rejected with its words, the rest goes in.
  @Suite struct ConstraintTests {
    private static let refused = RejectReason.refusedByTarget.words

    /// Syncs the table `t`, and expects that just the rows `lost` of it are refused.
    @discardableResult
    private func sync(
      _ scenario: Scenario, losing lost: [Int], reason: String = refused,
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> SyncReport {
      let report = try await scenario.sync(scenario.configuration("t"))
      #expect(report.table("t")?.error == nil, sourceLocation: sourceLocation)
      #expect(
        report.table("t")?.rejectReasons == (lost.isEmpty ? [:] : [reason: lost.count]), sourceLocation: sourceLocation)
      let kept = try await scenario.target.rows(
        "SELECT row_key->>'id' FROM pgtide.rejects WHERE run_id = \(report.runID) ORDER BY (row_key->>'id')::int")
      #expect(kept == lost.map { ["\($0)"] }, sourceLocation: sourceLocation)
      let counts = try #require(report.table("t")?.counts)
      #expect(
        counts.written + counts.unchanged + counts.protected + counts.rejected == counts.staged + counts.matched,
        sourceLocation: sourceLocation)
      return report
    }

    private func rejects(_ scenario: Scenario) async throws -> [[String?]] {
      try await scenario.target.rows("SELECT column_name, message FROM pgtide.rejects ORDER BY reject_id")
    }

    private let source = "CREATE TABLE t (id int, v int); INSERT INTO t SELECT g, g FROM generate_series(1, 50) g;"

    @Test func `a row that a check refuses is rejected with the server's words, and the others go in`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CONSTRAINT not_seven CHECK (v % 17 <> 7), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [7, 24, 41])
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE source = 'D'") == "47")
        let words = #"new row for relation "t" violates check constraint "not_seven" (SQLSTATE 23514)"#
        #expect(try await rejects(scenario) == Array(repeating: ["not_seven", words], count: 3))
        #expect(try await scenario.target.value("SELECT sync_status FROM _sync_metadata") == "partial")
        #expect(try await scenario.target.value("SELECT rejected FROM pgtide.run_tables") == "3")
      }
    }

    @Test func `an update that a check refuses leaves the row as it was`() async throws {
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 2), source text);
        INSERT INTO t VALUES (1, 0, 'D'), (2, 0, 'D'), (3, 3, 'D');
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await sync(scenario, losing: [2])
        #expect(report.totals.updated == 1)
        #expect(try await scenario.target.rows("SELECT v FROM t WHERE id < 3 ORDER BY id") == [["1"], ["0"]])
      }
    }

    @Test func `a refused row goes in when it has been put right`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v <> 2), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [2])
        try await scenario.source.run("UPDATE t SET v = 3 WHERE id = 2")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.unchanged == 49)
      }
    }

    @Test func `a row that a domain's check refuses is rejected`() async throws {
      let target = """
        CREATE DOMAIN small AS int CONSTRAINT is_small CHECK (VALUE < 50);
        CREATE TABLE t (id int PRIMARY KEY, v small, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [50])
        #expect(try await rejects(scenario).first?[0] == "is_small")
      }
    }

    @Test func `a row whose generated column cannot be computed is rejected`() async throws {
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, v int, g int GENERATED ALWAYS AS (100 / (v - 10)) STORED, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [10])
        #expect(try await rejects(scenario) == [["", "division by zero (SQLSTATE 22012)"]])
      }
    }

    @Test func `a value that is too large for an index is rejected`() async throws {
      let source =
        "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a'), (2, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 400) g))"
      let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text); CREATE INDEX ON t (v);"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [2])
      }
    }

    @Test func `an exclusion constraint refuses the later of two rows`() async throws {
      let source =
        "CREATE TABLE t (id int, during int4range); INSERT INTO t VALUES (3, '[1,9)'), (1, '[1,3)'), (2, '[2,4)')"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, during int4range, source text, EXCLUDE USING gist (during WITH &&));"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [2, 3])
      }
    }

    @Test func `a row of a partitioned table without a partition for it is rejected`() async throws {
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v int, source text) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (49);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        try await sync(scenario, losing: [49, 50])
      }
    }

    // MARK: - Unique beside the key

    private let unique = "CREATE TABLE t (id int PRIMARY KEY, v int CONSTRAINT one_v UNIQUE, source text);"

    @Test func `of two new rows with one unique value the first by the key goes in`() async throws {
      let source = "CREATE TABLE t (id int, v int); INSERT INTO t VALUES (9, 1), (4, 1), (6, 1), (5, 2)"
      try await withScenario(source: source, target: unique) { scenario async throws in
        try await sync(scenario, losing: [6, 9])
        let words =
          #"duplicate key value violates unique constraint "one_v": Key (v)=(1) already exists. (SQLSTATE 23505)"#
        #expect(try await rejects(scenario) == Array(repeating: ["one_v", words], count: 2))
      }
    }

    @Test func `a unique value that a row of the app holds is left to it`() async throws {
      let app = "INSERT INTO t VALUES (1000, 7, 'M')"
      try await withScenario(source: source, target: unique + app) { scenario async throws in
        try await sync(scenario, losing: [7])
        #expect(try await scenario.target.rows("SELECT id, source FROM t WHERE v = 7") == [["1000", "M"]])
      }
    }

    @Test func `a unique value that another row of ours holds refuses the row`() async throws {
      let standing = "INSERT INTO t VALUES (1000, 7, 'D')"
      try await withScenario(source: source, target: unique + standing) { scenario async throws in
        try await sync(scenario, losing: [7], reason: RejectReason.heldByStaleRow.words)
      }
    }

    @Test(arguments: ["v + 1", "v - 1"])
    func `unique values that move from row to row all arrive`(moved: String) async throws {
      try await withScenario(source: source, target: unique) { scenario async throws in
        try await sync(scenario, losing: [])
        try await scenario.source.run("UPDATE t SET v = \(moved)")
        let report = try await sync(scenario, losing: [])
        #expect(report.totals.updated == 50)
      }
    }

    // MARK: - Constraints that wait for the end of the transaction

    private let deferred =
      "CREATE TABLE t (id int PRIMARY KEY, v int CONSTRAINT one_v UNIQUE DEFERRABLE INITIALLY DEFERRED, source text);"

    @Test func `a deferred unique constraint refuses the row that violates it`() async throws {
      try await withScenario(source: source, target: deferred + "INSERT INTO t VALUES (1000, 7, 'M')") {
        scenario async throws in
        try await sync(scenario, losing: [7])
      }
    }

    @Test func `rows that exchange their unique values arrive when the constraint can wait`() async throws {
      try await withScenario(source: source, target: deferred) { scenario async throws in
        try await sync(scenario, losing: [])
        try await scenario.source.run("UPDATE t SET v = CASE id WHEN 3 THEN 5 WHEN 5 THEN 3 ELSE v END")
        #expect(try await sync(scenario, losing: []).totals.updated == 2)
      }
    }

    @Test func `a deferred trigger refuses the row that it raises for`() async throws {
      let trigger = """
        CREATE TABLE t (id int PRIMARY KEY, v int, source text);
        CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.v = 33 THEN RAISE 'no % here', NEW.v; END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER look AFTER INSERT OR UPDATE ON t DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION public.look();
        """
      try await withScenario(source: source, target: trigger) { scenario async throws in
        try await sync(scenario, losing: [33])
        #expect(try await rejects(scenario).first?[1] == "no 33 here (SQLSTATE P0001)")
      }
    }

    // MARK: - Limits

    @Test func `more refused rows than --max-rejects allows stop the table, and can be looked at`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 20), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.settings.maxRejects = 3
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("more than the 3") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        // The search ends with the first row too many.
        #expect(try await rejects(scenario).count == 4)
      }
    }

    @Test func `as many refused rows as --max-rejects allows are no failure`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 20), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.settings.maxRejects = 20
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 20])
        #expect(report.totals.inserted == 30)
      }
    }

    @Test func `a dry run says that it does not try the target's constraints`() async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int CHECK (v > 20), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"), options: Sync.Options(isDryRun: true))
        #expect(report.totals.inserted == 50)
        #expect(report.notices.contains { $0.contains("constraints") })
      }
    }
  }
}
