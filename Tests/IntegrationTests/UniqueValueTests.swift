import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Unique values beside the key that move from row to row.
  @Suite struct UniqueValueTests {
    private static let refused = RejectReason.refusedByTarget.words
    private static let stale = RejectReason.heldByStaleRow.words
    private static let source =
      "CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t SELECT g, g, g FROM generate_series(1, 20) g;"
    private static let target =
      "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL CONSTRAINT one_v UNIQUE, w int, source text);"
    /// Rows 3 and 5 exchange their values.
    private static let swap = """
      UPDATE t SET v = CASE id WHEN 3 THEN (SELECT v FROM t WHERE id = 5) ELSE (SELECT v FROM t WHERE id = 3) END
      WHERE id IN (3, 5)
      """

    /// Both sides have the same rows of ours.
    private func expectLevel(
      _ scenario: Scenario, columns: String = "id, v", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let rows = "SELECT \(columns) FROM t WHERE true"
      let standing = try await scenario.target.rows(rows + " AND source = 'D' ORDER BY id")
      #expect(try await scenario.source.rows(rows + " ORDER BY id") == standing, sourceLocation: sourceLocation)
    }

    @Test(arguments: [
      ("int", "int UNIQUE", "g"), ("int", "int NOT NULL UNIQUE", "g"), ("smallint", "smallint NOT NULL UNIQUE", "g"),
      ("text", "text NOT NULL UNIQUE", "'c' || g"), ("text", "varchar(3) NOT NULL UNIQUE", "'c' || g"),
      ("char(6)", "char(6) NOT NULL UNIQUE", "'c' || g"), ("uuid", "uuid NOT NULL UNIQUE", "md5(g::text)::uuid"),
      ("date", "date NOT NULL UNIQUE", "date '2026-01-01' + g"),
      ("numeric(5, 1)", "numeric(5, 1) NOT NULL UNIQUE", "g / 2.0"),
      ("timestamptz", "timestamptz NOT NULL UNIQUE", "to_timestamp(g)"), ("int", "int UNIQUE DEFERRABLE", "g"),
      ("int", "int UNIQUE CHECK (v IS NOT NULL OR id > 100)", "g"), ("jsonb", "jsonb UNIQUE", "to_jsonb(g)"),
    ])
    func `rows that exchange their values arrive, though another is refused`(
      type: String, constrained: String, value: String
    ) async throws {
      let source =
        "CREATE TABLE t (id int PRIMARY KEY, v \(type), w int); INSERT INTO t SELECT g, \(value), g FROM generate_series(1, 20) g;"
      let target = "CREATE TABLE t (id int PRIMARY KEY, v \(constrained), w int CHECK (w <> 77), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run(Self.swap + "; UPDATE t SET w = 77 WHERE id = 9")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == [Self.refused: 1])
        #expect(report.totals.updated == 2)
        try await expectLevel(scenario)
        let counts = report.totals
        #expect(counts.written + counts.unchanged + counts.rejected == counts.staged + counts.matched)
      }
    }

    @Test func `rings of any length, chains into them and new rows behind them all arrive`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        // A ring of eight, another of two; 12 takes what 11 gives up, 11 what a ring's row never had.
        try await scenario.source.run(
          """
          UPDATE t SET v = CASE WHEN id <= 8 THEN id % 8 + 1 WHEN id = 9 THEN 10 WHEN id = 10 THEN 9 WHEN id = 11 THEN 50
            WHEN id = 12 THEN 11 ELSE v END;
          INSERT INTO t VALUES (30, 12, 0);
          """)
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.outcome == .success)
        #expect(report.totals.updated == 12 && report.totals.inserted == 1)
        try await expectLevel(scenario)
        #expect(try await scenario.sync(scenario.configuration("t")).totals.unchanged == 21)
      }
    }

    @Test func `what a row of the app holds stops those that wait for it, and no ring`() async throws {
      let app = "INSERT INTO t VALUES (100, 99, 0, 'M')"
      try await withScenario(source: Self.source, target: Self.target + app) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        // 10 wants the app's value, 9 that of 10, 8 that of 9; 1, 2 and 3 exchange theirs.
        try await scenario.source.run(
          "UPDATE t SET v = CASE id WHEN 10 THEN 99 WHEN 9 THEN 10 WHEN 8 THEN 9 ELSE id % 3 + 1 END WHERE id IN (1, 2, 3, 8, 9, 10)"
        )
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.updated == 3)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 3])
        let rows = "SELECT id, v FROM t WHERE id IN (1, 2, 3, 8, 9, 10, 100) ORDER BY id"
        #expect(
          try await scenario.target.rows(rows)
            == [["1", "2"], ["2", "3"], ["3", "1"], ["8", "8"], ["9", "9"], ["10", "10"], ["100", "99"]])
      }
    }

    @Test func `a protected row in a ring stays as it is, and no other has a value that was made up`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.target.run("UPDATE t SET source = 'M' WHERE id = 5")
        try await scenario.source.run(Self.swap)
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.protected == 1 && report.totals.updated == 0)
        #expect(try await scenario.target.rows("SELECT id, v FROM t WHERE v <> id") == [])
      }
    }

    @Test func `triggers run, and the counted rows are those of the source`() async throws {
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL UNIQUE, w int, source text);
        CREATE TABLE seen (id int, v int);
        CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN INSERT INTO public.seen VALUES (NEW.id, NEW.v); RETURN NEW; END $$;
        CREATE TRIGGER look BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION look();
        """
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run(Self.swap)
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.updated == 2 && report.outcome == .success)
        try await expectLevel(scenario)
        #expect(try await scenario.target.value("SELECT count(*) FROM seen") == "4")
      }
    }

    @Test(arguments: ["UNIQUE (v, w)", "UNIQUE (v), UNIQUE (w)"])
    func `values of several columns are exchanged`(constraint: String) async throws {
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL, w int NOT NULL, source text, \(constraint))"
      try await withScenario(source: Self.source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET v = 8 - v, w = 8 - w WHERE id IN (3, 5)")
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
        try await expectLevel(scenario, columns: "id, v, w")
      }
    }

    @Test func `an index on an expression lets rows exchange their values`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS id, 'Name ' || g AS v FROM generate_series(1, 20) g"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL, source text); CREATE UNIQUE INDEX ON t (lower(v))"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run(Self.swap)
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
        try await expectLevel(scenario)
      }
    }

    @Test(arguments: [true, false])
    func `children follow codes that are exchanged, but for those of the app`(isOurs: Bool) async throws {
      let source = """
        CREATE TABLE t AS SELECT g AS id, 'c' || g AS v FROM generate_series(1, 20) g;
        CREATE TABLE child AS SELECT g AS id, 'c' || g AS code FROM generate_series(1, 20) g;
        """
      let target = """
        CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL UNIQUE, source text);
        CREATE TABLE child (id int PRIMARY KEY, code text REFERENCES t (v) ON UPDATE CASCADE, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let configuration = scenario.configuration("t", "child")
        try await scenario.sync(configuration)
        if !isOurs { try await scenario.target.run("UPDATE child SET source = 'M' WHERE id = 3") }
        try await scenario.source.run(Self.swap + "; UPDATE child SET code = 'c' || (8 - id) WHERE id IN (3, 5)")
        let report = try await scenario.sync(configuration)
        let codes = try await scenario.target.rows("SELECT id, code FROM child WHERE id IN (3, 5) ORDER BY id")
        if isOurs {
          #expect(report.outcome == .success)
          try await expectLevel(scenario)
          #expect(codes == [["3", "c5"], ["5", "c3"]])
        } else {
          #expect(report.table("t")?.counts.updated == 0)
          #expect(codes.first == ["3", "c3"])
        }
      }
    }

    // MARK: - Rows of ours that the source has no more

    @Test(arguments: [20, 20_000])
    func `a value that a stale row of ours holds is a reject that names it`(rows: Int) async throws {
      let source =
        "CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t SELECT g, g, g FROM generate_series(1, \(rows)) g;"
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET id = 1000000 WHERE id = 7")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == [Self.stale: 1])
        let message = try await scenario.target.value("SELECT message FROM pgtide.rejects")
        #expect(message.contains(#"the row that holds it, {"id": "7"}, is ours, and no longer on the source"#))
        try await scenario.target.run("DELETE FROM t WHERE id = 7")
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
      }
    }

    /// The digest has shown that the other row stands on both sides, so that it is not read.
    @Test func `a value that two rows of the source have is no stale row's`() async throws {
      let source =
        "CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t SELECT g, g, g FROM generate_series(1, 20000) g;"
      try await withScenario(source: source, target: Self.target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("INSERT INTO t VALUES (1000000, 7, 0)")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.matched > 10_000)
        #expect(report.table("t")?.rejectReasons == [Self.refused: 1])
      }
    }
  }
}
