import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Tables that are made of others, and columns that the server fills.
  @Suite struct RelationTests {
    private static let family = """
      CREATE TABLE parent (id int PRIMARY KEY, v text, source text); CREATE TABLE child (more int) INHERITS (parent);
      """

    @Test(arguments: [false, true]) func `a table is its own rows, and not those of tables that inherit from it`(
      hasDigest: Bool
    ) async throws {
      try await withScenario(
        source:
          "\(Self.family) INSERT INTO parent VALUES (1, 'a'), (2, 'b'), (4, 'c'); INSERT INTO child VALUES (9, 'child')",
        target: "\(Self.family) INSERT INTO parent VALUES (2, 'old', 'D'); "
          + "INSERT INTO child VALUES (1, 'ours', 'D', 7), (4, 'app', 'M', 8)"
      ) { scenario async throws in
        var configuration = scenario.configuration("parent")
        if hasDigest { configuration.settings.digest = .auto }
        let report = try await scenario.sync(configuration)
        #expect(report.table("parent")?.error == nil)
        #expect(report.totals.inserted == 2)
        #expect(report.totals.updated == 1)
        #expect(report.totals.protected == 0)
        #expect(
          try await scenario.target.rows("SELECT tableoid::regclass, id, v FROM parent ORDER BY 1, 2")
            == [
              ["parent", "1", "a"], ["parent", "2", "b"], ["parent", "4", "c"], ["child", "1", "ours"],
              ["child", "4", "app"],
            ])
        #expect(try await scenario.sync(configuration).totals.unchanged == 3)
      }
    }

    @Test(arguments: [10, 3000]) func `a row of an inheriting table is no parent to a foreign key`(
      rows: Int
    ) async throws {
      let target = """
        CREATE TABLE kid (id int PRIMARY KEY, parent int REFERENCES parent, source text);
        INSERT INTO child VALUES (5000, 'app', 'M', 8);
        """
      try await withScenario(
        source: """
          \(Self.family) INSERT INTO parent SELECT g, 'a' FROM generate_series(1, \(rows)) g;
          CREATE TABLE kid AS SELECT g AS id, g AS parent FROM generate_series(1, \(rows)) g; INSERT INTO kid VALUES (5000, 5000);
          """, target: "\(Self.family) \(target)"
      ) { scenario async throws in
        var configuration = scenario.configuration("parent", "kid")
        configuration.settings.directLoad = .auto
        let report = try await scenario.sync(configuration)
        #expect(report.table("parent")?.counts.inserted == rows)
        #expect(report.table("kid")?.counts.inserted == rows)
        #expect(report.table("kid")?.rejectReasons == [RejectReason.missingParent.words: 1])
      }
    }

    @Test func `parents and children keep to themselves when the source reads ONLY the parent`() async throws {
      let rows = "INSERT INTO parent VALUES (1, 'a'); INSERT INTO child VALUES (2, 'b')"
      try await withScenario(
        source: "\(Self.family) \(rows)", target: "\(Self.family) ALTER TABLE child ADD PRIMARY KEY (id)"
      ) { scenario async throws in
        let configuration = scenario.configuration([
          TableConfiguration(
            target: TableName(name: "parent"), source: .query("SELECT id, v FROM ONLY public.parent")),
          TableConfiguration(target: TableName(name: "child")),
        ])
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        #expect(
          try await scenario.target.rows("SELECT tableoid::regclass, id FROM parent ORDER BY id")
            == [["parent", "1"], ["child", "2"]])
        #expect(try await scenario.sync(configuration).totals.unchanged == 2)
      }
    }

    @Test func `partitions may have their columns in an order of their own, on either side`() async throws {
      let source = """
        CREATE TABLE t (id int, day date, v text) PARTITION BY RANGE (day);
        CREATE TABLE old (gone int, v text, day date, id int); ALTER TABLE old DROP COLUMN gone;
        ALTER TABLE t ATTACH PARTITION old FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
        CREATE TABLE new PARTITION OF t DEFAULT;
        INSERT INTO t SELECT g, date '2023-12-01' + g, 'v' || g FROM generate_series(1, 60) g;
        """
      let target = """
        CREATE TABLE t (source text, v text, id int, day date) PARTITION BY LIST (day);
        CREATE TABLE odd (day date, gone int, id int, source text, v text); ALTER TABLE odd DROP COLUMN gone;
        ALTER TABLE t ATTACH PARTITION odd DEFAULT; ALTER TABLE t ADD PRIMARY KEY (id, day);
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("t")).totals.inserted == 60)
        let rows = "SELECT id, day, v FROM t ORDER BY id"
        #expect(try await scenario.target.rows(rows) == scenario.source.rows(rows))
        try await scenario.source.run("UPDATE t SET v = 'other' WHERE id IN (1, 60)")
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.updated == 2)
        #expect(report.totals.unchanged == 58)
      }
    }

    @Test func `columns that the source computes are copied, and identities that may be set are kept level`()
      async throws
    {
      let source = """
        CREATE TABLE t (code text, id int GENERATED ALWAYS AS IDENTITY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
        INSERT INTO t (code, n) VALUES ('a', 1), ('b', 2);
        """
      let target =
        "CREATE TABLE t (code text PRIMARY KEY, id int GENERATED BY DEFAULT AS IDENTITY, n int, twice int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        try await scenario.source.run("UPDATE t SET n = 5, id = DEFAULT WHERE code = 'a'")
        #expect(try await scenario.sync(scenario.configuration("t")).totals.updated == 1)
        #expect(
          try await scenario.target.rows("SELECT code, id, n, twice FROM t ORDER BY code")
            == [["a", "3", "5", "10"], ["b", "2", "2", "4"]])
      }
    }

    @Test func `a domain over a domain that takes no NULL takes none`() async throws {
      let target = """
        CREATE DOMAIN filled AS text NOT NULL; CREATE DOMAIN code AS filled;
        CREATE TABLE t (id int PRIMARY KEY, v code, source text);
        """
      try await withScenario(
        source: "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a'), (2, NULL)", target: target
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.totals.inserted == 1)
        #expect(report.table("t")?.rejectReasons == ["NULL in a NOT NULL column": 1])
      }
    }
  }
}
