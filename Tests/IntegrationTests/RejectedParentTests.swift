import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// A value that does not fit is a reject wherever it stands: it must not break the statements that look at others.
  @Suite struct RejectedParentTests {
    @Test func `a parent whose key does not fit is a reject, and its children are`() async throws {
      let source = """
        CREATE TABLE parent (id bigint); INSERT INTO parent SELECT g FROM generate_series(1, 200) g;
        INSERT INTO parent VALUES (5000000000);
        CREATE TABLE child (id int, parent bigint); INSERT INTO child SELECT g, g FROM generate_series(1, 200) g;
        INSERT INTO child VALUES (1000, 5000000000), (1001, 999);
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text);
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        for options in [Sync.Options(isDryRun: true), Sync.Options()] {
          let report = try await scenario.sync(scenario.configuration("child", "parent"), options: options)
          #expect(report.table("parent")?.error == nil)
          #expect(report.table("parent")?.rejectReasons == ["does not fit": 1])
          #expect(report.table("child")?.error == nil)
          #expect(report.table("child")?.rejectReasons == ["does not fit": 1, "missing parent": 1])
        }
      }
    }

    @Test func `a reference to the table itself that does not fit is a reject`() async throws {
      let source = """
        CREATE TABLE t (id bigint, boss bigint); INSERT INTO t SELECT g, g / 2 FROM generate_series(2, 300) g;
        INSERT INTO t VALUES (1, NULL), (1000, 5000000000), (6000000000, 1), (1001, 1000);
        """
      let target = "CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.table("t")?.rejectReasons == ["does not fit": 2, "missing parent": 1])
      }
    }

    @Test func `a key that does not fit neither repeats nor matches another`() async throws {
      let source =
        "CREATE TABLE t (id numeric, v text); INSERT INTO t VALUES (1, 'a'), (1.4, 'b'), (1.4, 'c'), (2, 'd')"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, v text, source text); INSERT INTO t VALUES (1, 'old', 'D')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["does not fit": 2])
        #expect(report.totals.updated == 1)
        #expect(report.totals.inserted == 1)
      }
    }

    @Test func `keys are compared as the target will hold them`() async throws {
      let source = "CREATE TABLE t (id numeric, v text); INSERT INTO t VALUES (1.0, 'a'), (1.00, 'b'), (2.000, 'c')"
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, v text, source text); INSERT INTO t VALUES (2, 'c', 'D')"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["duplicate key": 2])
        #expect(report.totals.unchanged == 1)
      }
    }

    @Test func `a rejected row is kept, whatever is in it`() async throws {
      let source = #"""
        CREATE TABLE t (id int, n text, j json, f float8, b bytea, d timestamptz);
        INSERT INTO t VALUES (1, 'overlong', '{"a": "\u0000"}', 'NaN', '\x00ff', 'infinity');
        """#
      let target =
        "CREATE TABLE t (id int PRIMARY KEY, n varchar(2), j json, f float8, b bytea, d timestamptz, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.table("t")?.rejectReasons == ["does not fit": 1])
        let kept = "SELECT row_data->>'n', row_data->>'f', row_data->>'b', row_data->>'d' FROM pgtide.rejects"
        #expect(try await scenario.target.rows(kept) == [["overlong", "NaN", "\\x00ff", "infinity"]])
      }
    }

    @Test func `a reject of a table with a hundred columns is kept whole`() async throws {
      let columns = (1...120).map { "c\($0) int" }.joined(separator: ", ")
      let source = "CREATE TABLE t (id int, \(columns)); INSERT INTO t (id, c1, c120) VALUES (NULL, 1, 120)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, \(columns), source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["NULL in the key": 1])
        let kept =
          "SELECT row_data->>'c1', row_data->>'c120', (SELECT count(*) FROM jsonb_object_keys(row_data)) FROM pgtide.rejects"
        #expect(try await scenario.target.rows(kept) == [["1", "120", "121"]])
      }
    }
  }
}
