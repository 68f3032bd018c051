import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// Rows that a digest shows to be level do not travel; whatever differs does.
  /// A source of version 13 has no bit_xor, and is read as a whole.
  @Suite(.needs(.sourceVersion(14))) struct DigestTests {
    private static let columns = "id int, a text, b text, n numeric, f float8, t timestamp"
    static let source = """
      CREATE TABLE t (\(columns));
      INSERT INTO t SELECT g, 'a' || g, 'b' || g, g, g, '2026-01-01'::timestamp + g * interval '1 s'
      FROM generate_series(1, 1000) g;
      ANALYZE t;
      """
    static let target = "CREATE TABLE t (\(columns), PRIMARY KEY (id), source text)"

    /// The report of a second run, before which the databases are changed.
    private func second(
      source: String = source, target: String = target, _ tables: [TableConfiguration]? = nil,
      onSource: String? = nil, onTarget: String? = nil
    ) async throws -> (report: TableReport, isLevel: Bool) {
      try await withScenario(source: source, target: target) { scenario in
        _ = try await scenario.syncByDigest(tables)
        if let onSource { try await scenario.source.run(onSource) }
        if let onTarget { try await scenario.target.run(onTarget) }
        let report = try #require(try await scenario.syncByDigest(tables).table("t"))
        #expect(report.status == .success || report.status == .partial)
        let rows = "SELECT id, a, b, n::text, f::text, t::text FROM t"
        let (here, there) = (
          try await scenario.source.rows(rows + " ORDER BY 1, 2, 3"),
          try await scenario.target.rows(rows + " WHERE source = 'D' ORDER BY 1, 2, 3")
        )
        return (report, here == there)
      }
    }

    @Test func `a table that is level is not read`() async throws {
      let (report, isLevel) = try await second()
      #expect(isLevel)
      #expect(report.counts.matched == 1000)
      #expect(report.counts.unchanged == 1000)
      #expect(report.counts.read == 1000)
      #expect(report.counts.staged == 0)
      #expect(report.bytes == 0)
    }

    @Test(arguments: [
      "a = NULL", "a = ''", "a = a || ' '", "a = b, b = a", "a = upper(a)", "n = 500.0", "n = 'NaN'", "f = -f",
      "f = 500.0000000000001", "t = t + interval '1 microsecond'",
    ])
    func `a row that changed on the source travels with few others`(_ change: String) async throws {
      let (report, isLevel) = try await second(onSource: "UPDATE t SET \(change) WHERE id = 500")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
      #expect(report.counts.unchanged == 999)
      #expect(report.counts.matched > 800)
    }

    @Test func `an empty text and a NULL in turn are told apart`() async throws {
      let source = Self.source + "UPDATE t SET a = NULL, b = '' WHERE id = 1;"
      let (report, isLevel) = try await second(
        source: source, onSource: "UPDATE t SET a = '', b = NULL WHERE id = 1")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
    }

    @Test func `a negative zero is not a zero`() async throws {
      let (report, _) = try await second(
        source: Self.source + "UPDATE t SET f = 0 WHERE id = 1;", onSource: "UPDATE t SET f = '-0' WHERE id = 1")
      #expect(report.counts.updated == 1)
    }

    @Test func `values that two rows exchanged are noticed`() async throws {
      let (report, isLevel) = try await second(
        onSource: "UPDATE t SET a = 'a' || (CASE id WHEN 1 THEN 2 ELSE 1 END) WHERE id IN (1, 2)")
      #expect(isLevel)
      #expect(report.counts.updated == 2)
    }

    @Test func `what the app changed in a row of ours is overwritten`() async throws {
      let (report, isLevel) = try await second(onTarget: "UPDATE t SET b = 'app' WHERE id = 7")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
    }

    @Test func `a row of ours that the app deleted comes again`() async throws {
      let (report, isLevel) = try await second(onTarget: "DELETE FROM t WHERE id = 7")
      #expect(isLevel)
      #expect(report.counts.inserted == 1)
      #expect(report.counts.unchanged == 999)
    }

    @Test func `a row that the app has claimed is protected, however it looks`() async throws {
      let (report, _) = try await second(onTarget: "UPDATE t SET source = 'M' WHERE id = 7")
      #expect(report.counts.protected == 1)
      #expect(report.counts.updated == 0)
      #expect(report.counts.unchanged == 999)
    }

    @Test func `a key that now comes twice is rejected, though one of its rows is level`() async throws {
      let (report, _) = try await second(onSource: "INSERT INTO t SELECT * FROM t WHERE id = 7")
      #expect(report.counts.rejected == 2)
      #expect(report.counts.unchanged == 999)
      #expect(report.counts.read == 1001)
    }

    @Test(arguments: ["int", "numeric(9,0)", "text"])
    func `a row without a key is rejected, beside rows that are level`(_ type: String) async throws {
      let source = "CREATE TABLE t AS SELECT g::\(type) AS id FROM generate_series(1, 100) g"
      try await withScenario(source: source, target: "CREATE TABLE t (id \(type) PRIMARY KEY, source text)") {
        scenario in
        _ = try await scenario.syncByDigest()
        try await scenario.source.run("INSERT INTO t VALUES (NULL)")
        let counts = try await scenario.syncByDigest().totals
        #expect(counts.read == 101)
        #expect(counts.rejected == 1)
        #expect(counts.unchanged == 100)
      }
    }

    @Test func `a row with a NULL in its key is rejected, though the target has the same`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS a, CASE WHEN g > 1 THEN g END AS b FROM generate_series(1, 100) g"
      let target = "CREATE TABLE t (a int, b int, source text, UNIQUE (a, b)); INSERT INTO t VALUES (1, NULL, 'D')"
      try await withScenario(source: source, target: target) { scenario in
        let table = TableConfiguration(target: TableName(name: "t"), key: ["a", "b"])
        for _ in 1...2 {
          let counts = try await scenario.syncByDigest([table]).totals
          #expect(counts.read == 100)
          #expect(counts.rejected == 1)
        }
      }
    }

    @Test func `where most rows differ all are read`() async throws {
      let (report, isLevel) = try await second(onSource: "UPDATE t SET a = a || 'x'")
      #expect(isLevel)
      #expect(report.counts.matched == 0)
      #expect(report.counts.updated == 1000)
    }

    @Test(arguments: [
      ("numeric(10,2)", "numeric(10,2)", "100 + g", "-v"), ("numeric(8,3)", "numeric(8,3)", "g", "'NaN'"),
      ("numeric", "numeric(10,2)", "g", "v + 0.01"), ("int", "numeric(10,2)", "g", "-v"),
      ("bigint", "bigint", "g", "v + 4294967296"), ("bigint", "bigint", "g", "-v - 1"),
      ("timestamptz", "timestamptz", "'2026-01-01'::timestamptz", "v + interval '4294.967296 s'"),
      ("bpchar", "bpchar", "'a'", "'a  '::bpchar"), ("jsonb", "jsonb", "to_jsonb(g)", "to_jsonb(-g)"),
      ("int[]", "int[]", "ARRAY[g]", "'[0:0]={7}'"), ("interval", "interval", "'1 day'", "'24:00'"),
      ("mood", "mood", "'good'", "'bad'"), ("mood[]", "mood[]", "'{good}'", "'{bad,NULL}'"),
      ("text", "mood", "'good'", "'bad'"), ("char(3)", "char(5)", "'a'", "'b'"),
      ("varchar(9)", "varchar(20)", "'a'", "'a '"),
    ])
    func `a value that is equal in a way and another one is a change, and nothing else is read`(
      _ type: String, _ targetType: String, _ value: String, _ edit: String
    ) async throws {
      // The labels have other numbers on the target.
      let mood = "CREATE TYPE mood AS ENUM ('good', 'bad');"
      try await withScenario(
        source: "\(mood) CREATE TABLE t AS SELECT g AS id, g, (\(value))::\(type) AS v FROM generate_series(1, 200) g",
        target:
          "CREATE TYPE first AS ENUM ('a'); \(mood) CREATE TABLE t (id int PRIMARY KEY, v \(targetType), source text)"
      ) { scenario in
        // An interval that may be infinite crosses as a text to a server that knows none such, and is compared there.
        let ends = try await (ServerPair.configured.source.facts(), ServerPair.configured.target.facts())
        let isRead = type == "interval" && ends.0.version >= 17 && ends.1.version < 17
        _ = try await scenario.syncByDigest()
        #expect(try await scenario.syncByDigest().totals.matched == (isRead ? 0 : 200))
        try await scenario.source.run("UPDATE t SET v = \(edit) WHERE id IN (7, 150)")
        let counts = try await scenario.syncByDigest().totals
        #expect(counts.updated == 2)
        #expect(counts.unchanged == 198)
        #expect(isRead || counts.matched > 100)
        #expect(try await scenario.syncByDigest().totals.matched == (isRead ? 0 : 200))
      }
    }

    @Test(arguments: ["numeric(8)", "numeric", "float8", "int", "bigint"])
    func `keys of which only the sign is another are other rows`(_ type: String) async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g::\(type) AS id, 'v' AS v FROM generate_series(1, 60) g",
        target: "CREATE TABLE t (id \(type) PRIMARY KEY, v text, source text)"
      ) { scenario in
        _ = try await scenario.syncByDigest()
        #expect(try await scenario.syncByDigest().totals.matched == 60)
        try await scenario.source.run("UPDATE t SET id = -id WHERE id IN (5, 17, 40)")
        #expect(try await scenario.syncByDigest().totals.inserted == 3)
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE id < 0") == "3")
      }
    }

    @Test func `two rows of one key that look different are both rejected, though one of them is level`() async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g::numeric AS id FROM generate_series(1, 60) g",
        target: "CREATE TABLE t (id numeric PRIMARY KEY, source text)"
      ) { scenario in
        _ = try await scenario.syncByDigest()
        try await scenario.source.run("INSERT INTO t VALUES (7.00)")
        let counts = try await scenario.syncByDigest().totals
        #expect(counts.rejected == 2)
        #expect(counts.unchanged == 59)
      }
    }

    // MARK: - What a digest cannot tell

    @Test func `servers that hash in different ways compare rows one by one, and the report says so`() async throws {
      let hash =
        "CREATE OR REPLACE FUNCTION pg_catalog.hashint8extended(bigint, bigint) RETURNS bigint STRICT IMMUTABLE "
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        _ = try await scenario.syncByDigest()
        try await scenario.target.run(hash + "LANGUAGE sql AS 'SELECT $1 # $2'")
        let report = try await scenario.syncByDigest()
        // Others get the database after this test.
        try await scenario.target.run(hash + "PARALLEL SAFE LANGUAGE internal AS 'hashint8extended'")
        #expect(report.totals.matched == 0)
        #expect(report.totals.unchanged == 1000)
        #expect(report.notices.contains { $0.contains("do not make the same hash of the same values") })
      }
    }

    @Test(arguments: [
      // The key of one row may look like that of another.
      (
        "CREATE TABLE t (id text, v text)",
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
          + "CREATE TABLE t (id text COLLATE ci PRIMARY KEY, v text, source text)"
      ),
      // A cast may lose what differs.
      ("CREATE TABLE t (id int, v timestamp)", "CREATE TABLE t (id int PRIMARY KEY, v date, source text)"),
      (
        "CREATE VIEW t AS SELECT 1 AS id, '2026-01-01'::text AS v",
        "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      ),
    ])
    func `rows are compared one by one where their looks do not decide`(_ source: String, _ target: String) async throws
    {
      if target.contains("icu") { try await Need.skipUnless([.icu]) }
      try await withScenario(source: source, target: target) { scenario in
        if source.contains("TABLE") { try await scenario.source.run("INSERT INTO t VALUES ('1', '2026-01-01')") }
        _ = try await scenario.syncByDigest()
        let report = try await scenario.syncByDigest()
        #expect(report.totals.matched == 0)
        #expect(report.totals.unchanged == 1)
      }
    }

    @Test func `texts of another encoding are compared one by one`() async throws {
      // The two letters in LATIN1 have the bytes of the one in UTF8.
      try await withDatabases { source, target in
        let name = "latin_\(source.name)"
        try await source.cluster.database().run(
          "CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        let latin = source.cluster.database(named: name)
        try await latin.run("CREATE TABLE t AS SELECT 1 AS id, chr(195) || chr(164) AS a")
        try await target.run(
          "CREATE TABLE t (id int PRIMARY KEY, a text, source text); INSERT INTO t VALUES (1, chr(228), 'D')")
        let report = try await Scenario(source: latin, target: target).syncByDigest()
        #expect(report.totals.updated == 1)
        #expect(try await target.value("SELECT length(a) FROM t") == "2")
        try await source.cluster.dropDatabase(named: name)
      }
    }
  }
}
