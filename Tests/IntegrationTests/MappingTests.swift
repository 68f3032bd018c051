import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What the configuration can say of a table's columns and rows.
  @Suite struct MappingTests {
    /// Syncs one table `t` as `table` says, and returns the target's rows in the order of `id`.
    private func sync(
      source: String, target: String, _ table: TableConfiguration, select: String = "*",
      settings: RunSettings = RunSettings()
    ) async throws -> (report: SyncReport, rows: [[String]]) {
      try await withScenario(source: source, target: target) { scenario in
        let report = try await scenario.sync(scenario.configuration([table], settings: settings))
        return (report, try await scenario.target.rows("SELECT \(select) FROM \"\(table.target.name)\" ORDER BY 1"))
      }
    }

    @Test func `columns are renamed, skipped, set to constants and to expressions`() async throws {
      let (_, rows) = try await sync(
        source: """
          CREATE TABLE town (id int, name text); INSERT INTO town VALUES (7, 'Salem');
          CREATE TABLE t (id int, label text, town int, secret text); INSERT INTO t VALUES (1, 'x', 7, 's');
          """,
        target:
          "CREATE TABLE t (id int PRIMARY KEY, title text, city text, country text, secret text, note text, source text)",
        TableConfiguration(
          target: TableName(name: "t"), skip: ["secret", "label", "town"],
          columns: [
            ColumnMapping(column: "title", value: .renamed("label")),
            ColumnMapping(
              column: "city", value: .expression("(SELECT w.name FROM public.town w WHERE w.id = src.town)")),
            ColumnMapping(column: "country", value: .constant("I'N")),
            ColumnMapping(column: "note", value: .constant(nil)),
          ]))
      #expect(rows == [["1", "x", "Salem", "I'N", "NULL", "NULL", "D"]])
    }

    @Test func `where leaves rows out`() async throws {
      let (report, rows) = try await sync(
        source: "CREATE TABLE t (id int, old boolean); INSERT INTO t VALUES (1, true), (2, false)",
        target: "CREATE TABLE t (id int PRIMARY KEY, source text)",
        TableConfiguration(target: TableName(name: "t"), filter: "NOT old", skip: ["old"]), select: "id")
      #expect(report.totals.read == 1)
      #expect(rows == [["2"]])
    }

    @Test func `a query is a source`() async throws {
      let (report, rows) = try await sync(
        source:
          "CREATE TABLE a (id int); INSERT INTO a VALUES (1), (2); CREATE TABLE b (id int, v text); INSERT INTO b VALUES (2, 'x')",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)",
        TableConfiguration(
          target: TableName(name: "t"), source: .query("SELECT a.id, b.v FROM public.a LEFT JOIN public.b USING (id)")),
        select: "id, v")
      #expect(report.outcome == .success)
      #expect(rows == [["1", "NULL"], ["2", "x"]])
    }

    @Test func `a view is streamed, and cut into several COPYs on the way`() async throws {
      let (report, rows) = try await sync(
        source: """
          CREATE TABLE base AS SELECT g AS id, repeat(md5(g::text), 4) AS v FROM generate_series(1, 20000) g;
          CREATE VIEW t AS SELECT * FROM base;
          """,
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)",
        TableConfiguration(target: TableName(name: "t")), select: "count(*), sum(length(v))",
        settings: RunSettings(chunkBytes: 256 << 10, directLoad: .never))
      #expect(report.totals.inserted == 20_000)
      #expect(report.table("t")!.chunks > 3)
      #expect(rows == [["20000", "2560000"]])
    }

    @Test(arguments: [64 << 10, 16 << 20])
    func `rows narrower and wider than a buffer arrive in buffers of any allowed size`(size: Int) async throws {
      let (report, rows) = try await sync(
        source: """
          CREATE TABLE t AS SELECT g AS id, repeat(md5(g::text), CASE g % 1000 WHEN 0 THEN 5000 ELSE 1 END) AS v
          FROM generate_series(1, 5000) g;
          """,
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)",
        TableConfiguration(target: TableName(name: "t")), select: "count(*), sum(length(v))",
        settings: RunSettings(bufferBytes: size))
      #expect(report.bufferBytes == size)
      #expect(report.totals.inserted == 5000)
      #expect(rows == [["5000", "959840"]])
    }

    @Test func `a table is read by page ranges, each row once`() async throws {
      let (report, rows) = try await sync(
        source: "CREATE TABLE t AS SELECT g AS id, repeat('x', 100) AS v FROM generate_series(1, 20000) g",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)",
        TableConfiguration(target: TableName(name: "t")), select: "count(*), sum(id)",
        settings: RunSettings(jobs: 3, chunkBytes: 128 << 10, directLoad: .never))
      #expect(report.table("t")!.chunks > 10)
      #expect(report.totals.read == 20_000)
      #expect(rows == [["20000", "200010000"]])
    }

    @Test func `a partitioned source is read leaf by leaf, and a partitioned target is written`() async throws {
      let (report, rows) = try await sync(
        source: """
          CREATE TABLE t (id int, v text) PARTITION BY RANGE (id);
          CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (100);
          CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (100) TO (1000) PARTITION BY RANGE (id);
          CREATE TABLE t2a PARTITION OF t2 FOR VALUES FROM (100) TO (500);
          CREATE TABLE t2b PARTITION OF t2 DEFAULT;
          INSERT INTO t SELECT g, 'v' FROM generate_series(1, 900) g;
          """,
        target: """
          CREATE TABLE t (id int PRIMARY KEY, v text, source text) PARTITION BY HASH (id);
          CREATE TABLE h0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
          CREATE TABLE h1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
          """, TableConfiguration(target: TableName(name: "t")), select: "count(*)")
      #expect(report.table("t")!.chunks == 3)
      #expect(report.totals.inserted == 900)
      #expect(rows == [["900"]])
    }

    @Test func `composite keys, quoted names and keywords work`() async throws {
      let (report, rows) = try await sync(
        source:
          #"CREATE TABLE "Order" ("User" int, "group" text, "a ""b" text, k1 int, row_id int, s int); INSERT INTO "Order" VALUES (1, 'x', 'v', 1, 2, 3), (1, 'y', 'w', 4, 5, 6)"#,
        target:
          #"CREATE TABLE "Order" ("User" int, "group" text, "a ""b" text, k1 int, row_id int, s int, source text, PRIMARY KEY ("group", "User"))"#,
        TableConfiguration(target: TableName(name: "Order")), select: "1"
      ).self
      #expect(report.outcome == .success)
      #expect(rows.count == 2)
    }

    @Test func `a table whose key the target makes is matched by other columns`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (code text, v text); INSERT INTO t VALUES ('a', '1'), ('b', '2')",
        target:
          "CREATE TABLE t (id serial PRIMARY KEY, code text UNIQUE, v text, source text); INSERT INTO t (code, v, source) VALUES ('z', 'app', 'M')"
      ) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "t"), key: ["code"])
        try await scenario.sync(scenario.configuration([table]))
        try await scenario.source.run("UPDATE t SET v = '3' WHERE code = 'a'")
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.totals.updated == 1)
        #expect(
          try await scenario.target.rows("SELECT id, code, v FROM t ORDER BY code")
            == [["2", "a", "3"], ["3", "b", "2"], ["1", "z", "app"]])
      }
    }

    @Test func `generated columns are left to the target, identity columns are filled`() async throws {
      let (_, rows) = try await sync(
        source: "CREATE TABLE t (id int, n int, twice int); INSERT INTO t VALUES (5, 2, 99)",
        target:
          "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED, source text)",
        TableConfiguration(target: TableName(name: "t")))
      #expect(rows == [["5", "2", "4", "D"]])
    }

    @Test func `a reference that only the configuration knows rejects orphans`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, p int); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)",
        target:
          "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TABLE t (id int PRIMARY KEY, p int, source text)"
      ) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "t"),
          references: [ReferenceConfiguration(columns: ["p"], parent: TableName(name: "p"))])
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.table("t")?.rejectReasons == ["missing parent": 1])
        #expect(report.totals.inserted == 2)
      }
    }

    @Test func `a foreign key that is to be ignored is left to the target, which refuses the row`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, p int); INSERT INTO t VALUES (1, 9)",
        target:
          "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p int CONSTRAINT has_p REFERENCES p, source text)"
      ) { scenario async throws in
        let table = TableConfiguration(target: TableName(name: "t"), ignoredReferences: ["has_p"])
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.table("t")?.rejectReasons == [RejectReason.missingParent.words: 1])
        #expect(try await scenario.target.value("SELECT message FROM pgtide.rejects").contains("23503"))
      }
    }
  }
}
