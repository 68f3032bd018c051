import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Relations that are more, or something else, than one plain table.
  @Suite struct PartitionTests {
    private static let parts = """
      CREATE TABLE p0 PARTITION OF parent FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE p1 PARTITION OF parent FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      """

    @Test func `a parent may stand in any partition`() async throws {
      let source = """
        CREATE TABLE parent (id int); INSERT INTO parent SELECT g FROM generate_series(1, 20) g;
        CREATE TABLE child (id int, parent int); INSERT INTO child SELECT g, g FROM generate_series(1, 21) g;
        """
      let target = """
        CREATE TABLE parent (id int PRIMARY KEY, source text) PARTITION BY HASH (id); \(Self.parts)
        CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("child", "parent"))
        #expect(report.table("child")?.rejectReasons == ["missing parent": 1])
        #expect(report.table("child")?.counts.inserted == 20)
      }
    }

    @Test func `a partitioned table's foreign keys are looked after`() async throws {
      let source =
        "CREATE TABLE parent (id int, top int); INSERT INTO parent SELECT g, g % 2 FROM generate_series(1, 20) g"
      let target = """
        CREATE TABLE top (id int PRIMARY KEY); INSERT INTO top VALUES (1);
        CREATE TABLE parent (id int PRIMARY KEY, top int REFERENCES top, source text) PARTITION BY HASH (id); \(Self.parts)
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("parent"))
        #expect(report.table("parent")?.rejectReasons == ["missing parent": 10])
        #expect(report.table("parent")?.counts.inserted == 10)
      }
    }

    @Test func `a single partition is a table like any other`() async throws {
      let source = "CREATE TABLE p0 (id int, top int); INSERT INTO p0 VALUES (10, 1), (20, 2)"
      let target = """
        CREATE TABLE top (id int PRIMARY KEY); INSERT INTO top VALUES (1);
        CREATE TABLE parent (id int PRIMARY KEY, top int REFERENCES top, source text) PARTITION BY RANGE (id);
        CREATE TABLE p0 PARTITION OF parent FOR VALUES FROM (1) TO (100);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("p0"))
        #expect(report.table("p0")?.rejectReasons == ["missing parent": 1])
        #expect(report.table("p0")?.counts.inserted == 1)
      }
    }

    @Test func `an update may move a row to another partition`() async throws {
      let source = "CREATE TABLE t (id int, region text); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
      let target = """
        CREATE TABLE t (id int, region text, source text) PARTITION BY LIST (region);
        CREATE TABLE ta PARTITION OF t FOR VALUES IN ('a'); CREATE TABLE tb PARTITION OF t DEFAULT;
        ALTER TABLE t ADD PRIMARY KEY (id, region);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET region = 'c' WHERE id = 1")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.inserted == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM tb") == "2")
      }
    }

    @Test(.needs(.sourceVersion(14)))
    func `a materialized view is a source, read by page ranges`() async throws {
      let source = """
        CREATE TABLE base AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 5000) g;
        CREATE MATERIALIZED VIEW t AS SELECT * FROM base;
        """
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        let report = try await scenario.sync(
          scenario.configuration(
            [TableConfiguration(target: TableName(name: "t"))], settings: RunSettings(chunkBytes: 64 << 10)
          ).staged)
        #expect(report.totals.inserted == 5000)
        #expect(report.table("t")!.chunks > 5)
      }
    }

    @Test func `a table is read without the tables that inherit from it`() async throws {
      let source = """
        CREATE TABLE t (id int, v text); CREATE TABLE more () INHERITS (t);
        INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1, 2000) g;
        INSERT INTO more SELECT g, repeat('x', 200) FROM generate_series(2001, 9000) g;
        """
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text)") {
        scenario async throws in
        let configuration = scenario.configuration(
          [TableConfiguration(target: TableName(name: "t"))], settings: RunSettings(chunkBytes: 64 << 10))
        let report = try await scenario.sync(configuration)
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 2000)
        #expect(
          report.table("t")?.notices.contains { $0.contains("without the rows of the table that inherits") } == true)
      }
    }
  }
}
