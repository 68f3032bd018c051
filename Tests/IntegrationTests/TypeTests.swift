import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Types that are not compared, or do not travel, as plain ones are.
  @Suite struct TypeTests {
    /// Syncs `t (id, v)` twice: the first run inserts all rows, the second finds them unchanged.
    private func expectArrival(
      from: String, to: String, prelude: String = "", targetPrelude: String? = nil, values: String..., arrive: [String],
      sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let rows = values.enumerated().map { "(\($0 + 1), \($1))" }.joined(separator: ", ")
      try await withScenario(
        source: "\(prelude); CREATE TABLE t (id int, v \(from)); INSERT INTO t VALUES \(rows)",
        target: "\(targetPrelude ?? prelude); CREATE TABLE t (id int PRIMARY KEY, v \(to), source text)"
      ) { scenario async throws in
        let first = try await scenario.sync(scenario.configuration("t"))
        #expect(first.table("t")?.error == nil, sourceLocation: sourceLocation)
        #expect(first.totals.inserted == values.count, sourceLocation: sourceLocation)
        let arrived = try await scenario.target.rows("SELECT v::text FROM t ORDER BY id").map { $0[0] }
        #expect(arrived == arrive, sourceLocation: sourceLocation)
        #expect(
          try await scenario.sync(scenario.configuration("t")).totals.unchanged == values.count,
          sourceLocation: sourceLocation)
      }
    }

    @Test func `json becomes jsonb`() async throws {
      try await expectArrival(
        from: "json", to: "jsonb", values: #"'{"b": 1, "a": [1,2]}'"#, "NULL", "'3'",
        arrive: [#"{"a": [1, 2], "b": 1}"#, "NULL", "3"])
    }

    @Test func `jsonb becomes json`() async throws {
      try await expectArrival(from: "jsonb", to: "json", values: #"'{"a":1}'"#, arrive: [#"{"a": 1}"#])
    }

    @Test(.needs(.xml))
    func `types without equality are compared`() async throws {
      try await expectArrival(
        from: "json", to: "json", values: #"'{"a":  1}'"#, "NULL", arrive: [#"{"a":  1}"#, "NULL"])
      try await expectArrival(from: "xml", to: "xml", values: "'<a/>'", arrive: ["<a/>"])
      try await expectArrival(from: "point", to: "point", values: "'(1,2)'", arrive: ["(1,2)"])
    }

    @Test func `ranges, addresses and identifiers arrive`() async throws {
      try await expectArrival(
        from: "int4range", to: "int4range", values: "'[1,5)'", "'empty'", arrive: ["[1,5)", "empty"])
      try await expectArrival(from: "cidr", to: "inet", values: "'10.0.0.0/8'", arrive: ["10.0.0.0/8"])
      try await expectArrival(
        from: "uuid", to: "uuid", values: "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        arrive: ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"])
    }

    @Test func `a composite type of the users' own arrives`() async throws {
      try await expectArrival(
        from: "pair", to: "pair", prelude: "CREATE TYPE pair AS (a int, b text)", values: "ROW(1, 'x, y')", "NULL",
        arrive: [#"(1,"x, y")"#, "NULL"])
    }

    @Test func `a type of the same name in another schema is the same type`() async throws {
      try await expectArrival(
        from: "kinds.kind", to: "kind", prelude: "CREATE SCHEMA kinds; CREATE TYPE kinds.kind AS ENUM ('a', 'b')",
        targetPrelude: "CREATE TYPE kind AS ENUM ('b', 'a')", values: "'a'", arrive: ["a"])
    }

    @Test func `a domain takes what its type takes`() async throws {
      try await expectArrival(
        from: "numeric", to: "price", prelude: "CREATE DOMAIN price AS numeric(6,2) CHECK (VALUE >= 0)", values: "1.5",
        arrive: ["1.50"])
    }

    @Test func `json that a jsonb cannot hold is a reject`() async throws {
      let source =
        #"CREATE TABLE t (id int, v json); INSERT INTO t VALUES (1, '"a\u0000"'), (2, '"a\\u0000"'), (3, '"\\\u0000"')"#
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v jsonb, source text)") {
        scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.table("t")?.rejectReasons == ["does not fit": 2])
        #expect(try await scenario.target.rows("SELECT id, v FROM t") == [["2", #""a\\u0000""#]])
      }
    }

    @Test func `what a domain's own rule refuses is rejected, as with a CHECK`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, v numeric); INSERT INTO t VALUES (1, 1.5), (2, -1)",
        target: """
          CREATE DOMAIN price AS numeric(6,2) CHECK (VALUE >= 0);
          CREATE TABLE t (id int PRIMARY KEY, v price, source text)
          """
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.rejectReasons == [RejectReason.refusedByTarget.words: 1])
        #expect(report.totals.inserted == 1)
        #expect(try await scenario.target.value("SELECT message FROM pgtide.rejects").contains("23514"))
      }
    }

    @Test(.needs(.extensions(["citext"])))
    func `keys without case match, and their spelling is brought level`() async throws {
      let target = """
        CREATE EXTENSION citext; CREATE TABLE t (code citext PRIMARY KEY, v text, source text);
        INSERT INTO t VALUES ('ABC', 'x', 'D'), ('def', 'y', 'D')
        """
      try await withScenario(
        source:
          "CREATE TABLE t (code text, v text); INSERT INTO t VALUES ('abc', 'x'), ('def', 'y'), ('g', 'z'), ('G', 'z')",
        target: target
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.totals.updated == 1)
        #expect(report.totals.unchanged == 1)
        #expect(report.table("t")?.rejectReasons == ["duplicate key": 2])
        #expect(try await scenario.target.rows("SELECT code FROM t ORDER BY code") == [["abc"], ["def"]])
      }
    }

    @Test(.needs(.icu)) func `a column collated in another way keeps its own idea of a key`() async throws {
      let target = """
        CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (code text COLLATE nocase PRIMARY KEY, v text, source text); INSERT INTO t VALUES ('ABC', 'x', 'D')
        """
      try await withScenario(
        source: "CREATE TABLE t (code text, v text); INSERT INTO t VALUES ('abc', 'x'), ('d', 'y'), ('D', 'y')",
        target: target
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(report.table("t")?.error == nil)
        #expect(report.totals.updated == 1)
        #expect(report.table("t")?.rejectReasons == ["duplicate key": 2])
      }
    }

    @Test func `a value of a megabyte arrives whole`() async throws {
      let source =
        "CREATE TABLE t (id int, v text, b bytea); INSERT INTO t SELECT 1, repeat(md5('x'), 40000), decode(repeat('00ff', 500000), 'hex')"
      try await withScenario(
        source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v text, b bytea, source text)"
      ) {
        scenario async throws in
        let digest = "SELECT md5(v), md5(b) FROM t"
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
        #expect(try await scenario.target.rows(digest) == scenario.source.rows(digest))
      }
    }

    @Test func `texts of another encoding arrive as they read`() async throws {
      try await withDatabases { source, target async throws in
        let name = "latin_\(source.name)"
        try await source.cluster.database().run(
          "CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        let latin = source.cluster.database(named: name)
        try await latin.run(
          "CREATE TABLE t (id int, v varchar(4)); INSERT INTO t VALUES (1, chr(228) || chr(246) || chr(252) || chr(223))"
        )
        try await target.run("CREATE TABLE t (id int PRIMARY KEY, v varchar(4), source text)")
        let scenario = Scenario(source: latin, target: target)
        #expect(try await scenario.sync(scenario.configuration("t")).outcome == .success)
        #expect(try await target.value("SELECT v FROM t") == "äöüß")
        try await source.cluster.dropDatabase(named: name)
      }
    }
  }
}
