import EphemeralPostgres
import FoundationEssentials
import PGTide
import PracticeData
import Testing

extension Integration {
  /// Source rows that cannot go in.
  @Suite struct DirtTests {
    @Test func `the practice data's dirt is counted by reason and kept row by row, and the rest goes in`() async throws
    {
      try await withPracticeDatabases(dirt: .some) { source, target, made async throws in
        let scenario = Scenario(source: source, target: target)
        let report = try await scenario.sync(scenario.practice())
        #expect(report.outcome == .rejects)
        func dirty(_ kind: Dirt.Kind, _ table: String) -> Int {
          made.filter { $0.kind == kind && $0.table == table }.map(\.rows).reduce(0, +)
        }
        for table in ["jobtasks", "taskchecklist", "workdiary"] {
          // Every row of a key that repeats is a reject: the copies, and the rows that they are copies of.
          let repeated = try await source.value(
            """
            SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM \(table)
              GROUP BY \(PracticeData.tables.first { $0.source == table }!.key) HAVING count(*) > 1) d
            WHERE n > 1
            """)
          let nulls = dirty(.nullKeys, table)
          let expected = [
            "duplicate key": Int(repeated)! - (nulls > 1 ? nulls : 0), "NULL in the key": nulls,
            "NULL in a NOT NULL column": dirty(.nullRequired, table), "does not fit": dirty(.overlongValues, table),
            "missing parent": dirty(.orphans, table),
          ].filter { $0.value > 0 }
          #expect(report.table(table)?.rejectReasons == expected, "\(table)")
          let kept = try await target.rows(
            "SELECT reason, count(*) FROM pgtide.rejects WHERE table_name = '\(table)' GROUP BY reason ORDER BY reason")
          #expect(kept == expected.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }, "\(table)")
        }
        #expect(report.totals.protected == made.filter { $0.kind == .claimedRows }.map(\.rows).reduce(0, +))
        // Whatever is not rejected or protected is there.
        #expect(report.totals.inserted == report.totals.read - report.totals.rejected - report.totals.protected)
        let ours = try await target.value("SELECT count(*) FROM jobtasks WHERE source = 'D'")
        #expect(Int(ours) == report.table("jobtasks")?.counts.inserted)
      }
    }

    @Test func `a reject is kept with table, key, column, reason and the row`() async throws {
      let source = """
        CREATE TABLE people (id int, name text, team int);
        INSERT INTO people VALUES (1, 'Bartholomew', 1), (2, 'Bob', 7), (3, 'Cid', NULL), (NULL, 'Dan', 1), (5, 'Eve', 1);
        """
      let target = """
        CREATE TABLE team (id int PRIMARY KEY); INSERT INTO team VALUES (1);
        CREATE TABLE people (id int PRIMARY KEY, name varchar(5), team int NOT NULL CONSTRAINT in_team REFERENCES team,
          source char(1));
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.rejected == 4)
        #expect(report.totals.inserted == 1)
        let kept = try await scenario.target.rows(
          """
          SELECT table_name, row_key->>'id', reason, column_name, row_data->>'name' FROM pgtide.rejects
          ORDER BY row_key->>'id'
          """)
        #expect(
          kept == [
            ["people", "1", "does not fit", "name", "Bartholomew"],
            ["people", "2", "missing parent", "team", "Bob"],
            ["people", "3", "NULL in a NOT NULL column", "team", "Cid"],
            ["people", "NULL", "NULL in the key", "id", "Dan"],
          ])
      }
    }

    @Test func `a row that is wrong in several ways is counted once, under the first reason`() async throws {
      let source =
        "CREATE TABLE t (id int, v text, p int); INSERT INTO t VALUES (1, 'long', 9), (1, 'long', 9), (2, 'long', 9)"
      let target = """
        CREATE TABLE p (id int PRIMARY KEY);
        CREATE TABLE t (id int PRIMARY KEY, v varchar(2), p int REFERENCES p, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == ["duplicate key": 2, "does not fit": 1])
      }
    }

    @Test func `a child of a parent that arrives in the same run is never rejected`() async throws {
      let source = """
        CREATE TABLE child (id int, parent int); CREATE TABLE parent (id int);
        INSERT INTO parent SELECT g FROM generate_series(1, 500) g;
        INSERT INTO child SELECT g, 1 + g % 500 FROM generate_series(1, 5000) g;
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text);
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        for options in [Sync.Options(isDryRun: true), Sync.Options(isAtomic: true), Sync.Options()] {
          let report = try await scenario.sync(scenario.configuration("child", "parent"), options: options)
          #expect(report.totals.rejected == 0)
        }
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "5000")
      }
    }

    @Test func `first and last keep the row that the expression puts there, and reject the others`() async throws {
      let source = """
        CREATE TABLE t (id int, v text, changed date);
        INSERT INTO t VALUES (1, 'old', '2020-01-01'), (1, 'new', '2024-01-01'), (1, 'undated', NULL), (2, 'one', '2020-01-01');
        """
      for (rule, winner) in [(DuplicateRule.first(by: "src.changed"), "old"), (.last(by: "src.changed"), "new")] {
        try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
          scenario async throws in
          let table = TableConfiguration(target: TableName(name: "t"), skip: ["changed"], duplicates: rule)
          let report = try await scenario.sync(scenario.configuration([table]))
          #expect(report.totals.inserted == 2)
          #expect(report.table("t")?.rejectReasons == ["duplicate key": 2])
          #expect(try await scenario.target.value("SELECT v FROM t WHERE id = 1") == winner)
        }
      }
    }

    @Test func `max-rejects stops a table before it is written, keeps its rejects, and skips what refers to it`()
      async throws
    {
      let source = """
        CREATE TABLE parent (id int); INSERT INTO parent VALUES (1), (1), (2);
        CREATE TABLE child (id int, parent int); INSERT INTO child VALUES (1, 2);
        CREATE TABLE other (id int); INSERT INTO other VALUES (1);
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text); CREATE TABLE other (id int PRIMARY KEY, source text);
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let tables = ["parent", "child", "other"].map { TableConfiguration(target: TableName(name: $0)) }
        let report = try await scenario.sync(
          scenario.configuration(tables, settings: RunSettings(maxRejects: 1)))
        #expect(report.outcome == .partial)
        #expect(report.table("parent")?.status == .failed)
        #expect(report.table("child")?.status == .skipped)
        #expect(report.table("other")?.status == .success)
        #expect(try await scenario.target.value("SELECT count(*) FROM parent") == "0")
        #expect(
          try await scenario.target.value("SELECT count(*) FROM pgtide.rejects WHERE table_name = 'parent'") == "2")
      }
    }

    @Test func `rejects stay when the merge rolls back`() async throws {
      let source = "CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 1), (2, -1), (3, 3), (3, 4)"
      let target = "CREATE TABLE t (id int PRIMARY KEY, n int, source text);" + Scenario.failing("t")
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("no room") == true)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects") == "2")
      }
    }

    @Test func `the rejects file has a JSON object a line`() async throws {
      let source = "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, E'a \"quoted\"\\nline'), (1, 'b')"
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        let path = FileManager.default.temporaryDirectory.appending(path: "rejects-\(UUID()).jsonl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await scenario.sync(scenario.configuration("t"), options: Sync.Options(rejectsFile: path))
        struct Line: Decodable {
          var table: String
          var key: [String: Int]
          var reason: String
          var column: String
          var row: Row
        }
        struct Row: Decodable {
          var v: String
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(lines.map(\.key) == [["id": 1], ["id": 1]])
        #expect(Set(lines.map(\.row.v)) == ["a \"quoted\"\nline", "b"])
        #expect(lines.allSatisfy { $0.table == "t" && $0.reason == "duplicate key" && $0.column == "id" })
      }
    }

    @Test func `a rejects file that cannot be written is told before anything happens`() async throws {
      let source = "CREATE TABLE t (id int); INSERT INTO t VALUES (1)"
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, source text)") {
        scenario async throws in
        let error = await #expect(throws: SyncError.self) {
          try await scenario.sync(
            scenario.configuration("t"), options: Sync.Options(rejectsFile: "/nonexistent/rejects.jsonl"))
        }
        #expect(error?.message.contains("/nonexistent/rejects.jsonl") == true)
        #expect(try await scenario.target.value("SELECT to_regnamespace('pgtide') IS NULL") == "t")
      }
    }
  }
}
