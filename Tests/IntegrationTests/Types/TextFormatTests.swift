import EphemeralPostgres
import PGTide
import PracticeData
import Testing

extension Integration {
  /// Rows that travel as text arrive as those that travel in binary do.
  @Suite struct TextFormatTests {
    private static let text = RunSettings(copyFormat: .text)

    private func table(_ name: String = "t", _ format: RowFormat? = nil) -> TableConfiguration {
      TableConfiguration(target: TableName(name: name), copyFormat: format)
    }

    @Test func `the practice data are brought level with the same counts, in about half the bytes`() async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        let scenario = Scenario(source: source, target: target)
        let model = PracticeModel(source: source, target: target)
        try await PracticeData.add(Dirt(appRows: 20, claimedRows: 10), source: source, target: target)
        var configuration = try scenario.practice()
        configuration.settings.copyFormat = .text

        let expected = try await model.expected()
        let first = try await scenario.sync(configuration)
        #expect(first.outcome == .success)
        #expect(first.tables.allSatisfy { $0.copyFormat == .text })
        for table in first.tables {
          #expect(table.counts.inserted == expected[table.table]?.inserted, "\(table.table)")
          #expect(table.counts.protected == expected[table.table]?.protected, "\(table.table)")
        }
        // What binary finds where text has been is what text would find.
        var binaryConfiguration = try scenario.practice()
        binaryConfiguration.settings.digest = .never
        let binary = try await scenario.sync(binaryConfiguration)
        #expect(binary.totals.written == 0)
        #expect(first.bytes * 100 < binary.bytes * 55)

        let edits = try await PracticeData.edit(source: source, rows: 50)
        #expect(edits.values.reduce(0, +) == 50)
        #expect(try await scenario.sync(configuration).totals.updated == 50)
        #expect(try await scenario.sync(scenario.practice()).totals.written == 0)
      }
    }

    @Test func `a table may travel in another format than the run`() async throws {
      let tables = "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, source text)"
      try await withScenario(
        source: "\(tables); INSERT INTO a VALUES (1), (22); INSERT INTO b VALUES (1), (22)", target: tables
      ) { scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration([table("a"), table("b", .binary)], settings: Self.text).staged)
        #expect(report.copyFormat == .text)
        #expect(report.table("a")?.copyFormat == .text)
        #expect(report.table("a")?.bytes == "1\n22\n".utf8.count)
        #expect(report.table("b")?.copyFormat == .binary)
        #expect(report.totals.inserted == 4)
      }
    }

    @Test func `a "char" beyond ASCII travels in binary, and the user is told`() async throws {
      let source =
        #"CREATE TABLE t (id int, v "char"); INSERT INTO t VALUES (1, 'a'), (2, textin(byteaout('\xe9'))::"char")"#
      try await withScenario(
        source: source, target: #"CREATE TABLE t (id int PRIMARY KEY, v "char", source text)"#
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration([table()], settings: Self.text))
        #expect(report.totals.inserted == 2)
        #expect(report.table("t")?.copyFormat == .binary)
        #expect(
          report.table("t")?.notices == [
            "its rows travel in binary, because a \"char\" may hold what is no text: v"
          ])
      }
    }

    /// A view has no pages, so its stream is cut where a row ends, wherever the values have line ends.
    @Test func `a stream that is cut on the way is cut between rows`() async throws {
      let source = """
        CREATE VIEW t AS SELECT g AS id, repeat(E'a line\\n', g % 7) || repeat(E'\\\\', g % 5) AS v
        FROM generate_series(1, 20000) g
        """
      try await withScenario(
        source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      ) { scenario async throws in
        let settings = RunSettings(chunkBytes: 64 << 10, bufferBytes: 64 << 10, copyFormat: .text)
        let report = try await scenario.sync(scenario.configuration([table()], settings: settings).staged)
        #expect(report.totals.inserted == 20_000)
        #expect((report.table("t")?.chunks ?? 0) > 3)
        let digest = "SELECT count(*), md5(string_agg(v, ',' ORDER BY id)) FROM t"
        #expect(try await scenario.target.rows(digest) == scenario.source.rows(digest))
      }
    }

    @Test func `a chunk that loses its connection is copied again`() async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id, repeat('x', 1000) AS v FROM generate_series(1, 20000) g",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      ) { scenario async throws in
        let killing = TaskSlot<Void>()
        let settings = RunSettings(jobs: 1, copyFormat: .text)
        let report = try await scenario.sync(scenario.configuration([table()], settings: settings)) { event in
          guard case .staged = event else { return }
          killing.start {
            try await scenario.target.run(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND query LIKE '%COPY%' AND pid <> pg_backend_pid()
              """)
          }
        }
        try await killing.value
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 20_000)
        #expect(try await scenario.target.value("SELECT count(DISTINCT id) FROM t") == "20000")
      }
    }

    @Test func `NULL in an array is NULL where the target's own setting says it is a text`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, v text[]); INSERT INTO t VALUES (1, ARRAY['a', NULL, 'NULL'])",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text[], source text)"
      ) { scenario async throws in
        let name = scenario.target.name
        try await scenario.target.run(#"ALTER DATABASE "\#(name)" SET array_nulls = off"#)
        try await scenario.sync(scenario.configuration([table()], settings: Self.text))
        #expect(try await scenario.target.value("SELECT v FROM t") == #"{a,NULL,"NULL"}"#)
        try await scenario.target.run(#"ALTER DATABASE "\#(name)" RESET ALL"#)
      }
    }

    @Test func `empty tables and rows of a single empty text arrive`() async throws {
      try await withScenario(
        source: #"CREATE TABLE t (id text); CREATE TABLE u (id text); INSERT INTO u VALUES (''), ('\.'), (E'\\N')"#,
        target: "CREATE TABLE t (id text PRIMARY KEY, source text); CREATE TABLE u (id text PRIMARY KEY, source text)"
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration([table("t"), table("u")], settings: Self.text))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        #expect(
          try await scenario.target.rows("SELECT id FROM u ORDER BY id COLLATE \"C\"") == [[""], [#"\."#], [#"\N"#]])
      }
    }
  }
}
