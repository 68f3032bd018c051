import EphemeralPostgres
import FoundationEssentials
import PGTide
import Postgres
import Testing

extension Integration {
  /// What `pgtide check` prints.
  @Suite struct CheckSQLTests {
    private static let columns = """
      id bigint, name text, n numeric(10,2), f float8, at timestamptz, day date, span interval, raw bytea, doc jsonb,
      list text[], flag boolean
      """
    private static let source = """
      CREATE TABLE t (\(columns));
      INSERT INTO t SELECT g, 'name ' || g, g, 0.1 * g, '2026-03-29 00:30+00', '2026-01-02', '1 mon 2 days', '\\x00ff',
        '{"a": [1.0]}', ARRAY['a,b', NULL, '"'], true FROM generate_series(1, 9) g;
      UPDATE t SET name = E'it''s a \\\\ \\n-- line; DROP TABLE t' WHERE id IN (1, 2);
      UPDATE t SET (name, n, f, at, day, span, raw, doc, list, flag) =
        (NULL, NULL, 'NaN', 'infinity', NULL, NULL, NULL, NULL, NULL, NULL) WHERE id IN (3, 4);
      """
    private static let target = """
      CREATE TABLE t (\(columns), source text, created_at timestamptz, updated_at timestamptz, PRIMARY KEY (id));
      INSERT INTO t (id, name, source) VALUES (1, 'other', 'D'), (3, 'other', NULL), (5, 'mine', 'M');
      INSERT INTO t (id, name, source) VALUES (77, E'a\\n; DROP TABLE t', 'D');
      """

    private func run(
      _ command: String, _ scenario: Scenario, style: String = "ISO, MDY"
    ) async throws -> PGTideProcess.Ended {
      let yaml = """
        source: ${OFFICE}
        target: ${APP}
        origin: {column: source, ours: D}
        stamps: {created: created_at, updated: updated_at}
        tables:
          t:
        """
      try await scenario.target.run("ALTER DATABASE \(scenario.target.name) SET DateStyle = '\(style)'")
      let ended = try await PGTideProcess.run(
        command, files: ["pgtide.yaml": yaml],
        environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
      try await scenario.target.run("ALTER DATABASE \(scenario.target.name) RESET DateStyle")
      return ended
    }

    @Test(arguments: ["ISO, MDY", "SQL, DMY", "German"])
    func `the script brings the target level, and leaves the app's row alone`(style: String) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let ended = try await run("$PGTIDE check --sql", scenario, style: style)
        #expect(ended.code == 10)
        try await scenario.target.run(ended.output)
        // The DELETE was a comment.
        #expect(ended.output.contains("-- DELETE FROM"))
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE id = 77") == "1")
        try await scenario.target.run("DELETE FROM t WHERE id = 77")
        let third = try await run("$PGTIDE check", scenario)
        #expect(third.code == 0, "\(third.output)")
        #expect(try await scenario.target.value("SELECT name FROM t WHERE id = 5") == "mine")
        let stamped = "SELECT count(*) FROM t WHERE source = 'D' AND created_at IS NOT NULL"
        #expect(try await scenario.target.value(stamped) == "6")
      }
    }

    @Test func `no text of the source ends its constant or its comment`() async throws {
      let source = """
        CREATE TABLE note (id int, v text);
        INSERT INTO note VALUES (1, E'x\n' || '''' || U&'\\0301' || '); ROLLBACK; DELETE FROM public.other; --'),
          (2, E'x\n' || chr(92) || U&'\\0301' || 'n'), (3, chr(97) || chr(13) || chr(10) || 'b');
        """
      let target = """
        CREATE TABLE note (id int PRIMARY KEY, v text, source text); CREATE TABLE other (id int); INSERT INTO other VALUES (1);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [note]\n"
        let ended = try await PGTideProcess.run(
          "$PGTIDE check --sql", files: ["pgtide.yaml": yaml],
          environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        try await scenario.target.run(ended.output)
        #expect(try await scenario.target.value("SELECT count(*) FROM other") == "1")
        let rows = "SELECT id, md5(v) FROM note ORDER BY id"
        #expect(try await scenario.target.rows(rows) == scenario.source.rows(rows))
      }
    }

    @Test func `a statement does nothing to a row that has changed since`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let script = try await run("$PGTIDE check --sql", scenario).output
        try await scenario.target.run(
          """
          UPDATE t SET name = 'changed' WHERE id = 1; UPDATE t SET source = 'M' WHERE id IN (3, 77);
          INSERT INTO t (id, name, source) VALUES (8, 'app', 'M');
          """)
        try await scenario.target.run(script)
        let rows = try await scenario.target.rows("SELECT id, source FROM t WHERE id IN (1, 3, 8, 77) ORDER BY id")
        #expect(rows == [["1", "D"], ["3", "M"], ["8", "M"], ["77", "M"]])
        #expect(try await scenario.target.value("SELECT name FROM t WHERE id = 1") == "changed")
      }
    }

    @Test func `values are printed where they were asked for`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.target.run("INSERT INTO people VALUES (1, 'Ann', 'D'), (2, 'Ben', 'D')")
        let yaml = """
          source: ${OFFICE}
          target: ${APP}
          origin: {column: source, ours: D}
          tables:
            people:
          """
        func run(_ options: String) async throws -> PGTideProcess.Ended {
          try await PGTideProcess.run(
            "$PGTIDE check \(options)", files: ["pgtide.yaml": yaml],
            environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        }
        let plain = try await run("")
        #expect(plain.code == 10)
        #expect(plain.output.contains("  * id=2: name\n  + id=3\n"))
        for value in ["Ann", "Ben", "Bob", "Cid"] { #expect(!plain.output.contains(value)) }
        let columns = try await run("--columns")
        #expect(columns.output.contains("  * id=2: name: Ben -> Bob\n  + id=3: name=Cid\n"))
        let json = try await run("--json")
        #expect(!json.output.contains("Bob"))
        let report = try JSONDecoder().decode(CheckReport.self, from: Data(json.output.utf8))
        #expect(report.tables.map(\.differ) == [1])
        #expect(report.tables[0].lines.map(\.kind) == [.differs, .sourceOnly])
        let quiet = try await run("--quiet --limit 1")
        #expect(quiet.output == "people\n  * id=2: name\n  … 1 more row (--limit)\n")
      }
    }
  }
}
