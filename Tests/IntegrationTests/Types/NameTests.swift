import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Names that only stand in a statement when they are quoted, or that a statement uses itself.
  @Suite struct NameTests {
    @Test func `every keyword is a column`() async throws {
      let make = """
        SELECT format('CREATE TABLE t (id int PRIMARY KEY, %s)', string_agg(format('%I text', word), ', '))
        FROM pg_get_keywords() \\gexec
        """
      let fill = """
        SELECT format('INSERT INTO t VALUES (1, %s)', string_agg(quote_literal(word), ', ')) FROM pg_get_keywords() \\gexec
        """
      try await withScenario(source: "\(make)\n\(fill)", target: "\(make)\nALTER TABLE t ADD source text") {
        scenario async throws in
        try await scenario.sync(scenario.configuration("t"))
        #expect(try await scenario.target.value("SELECT t.select || t.from || t.user FROM t") == "selectfromuser")
        try await scenario.source.run(#"UPDATE t SET "order" = 'other'"#)
        #expect(try await scenario.sync(scenario.configuration("t")).totals.updated == 1)
        #expect(
          try await scenario.target.value("SELECT to_jsonb(t) - 'source' FROM t")
            == scenario.source.value("SELECT to_jsonb(t) FROM t"))
      }
    }

    static let names = [
      "select", "Mixed Case", "a.b", ".", "quo\"te", "\"\"", "Über", " ", "$1", "%s", "\\", "tab\tline\n", "--", "/*",
      "'; DROP TABLE t; --", String(repeating: "x", count: 63), String(repeating: "ü", count: 31), "pgtide",
    ]
    /// What pgtide's own statements call things.
    static let ours = [
      "s", "t", "d", "p", "src", "row_id", "verdict", "k1", "place", "marker", "e", "value", "repeated",
    ]

    @Test(arguments: names) func `a name is a schema, a table, a key and a column`(name: String) async throws {
      let table = QualifiedName(name, name)
      let columns = Self.ours.map { ", \($0) text" }.joined()
      func definition(_ more: String) -> String {
        """
        CREATE SCHEMA \(table.schema.quoted);
        CREATE TABLE \(table.quoted) (\(table.name.quoted) int PRIMARY KEY\(columns)\(more));
        """
      }
      let values = Self.ours.map { ", '\($0)'" }.joined()
      let source = "\(definition("")) INSERT INTO \(table.quoted) VALUES (1\(values)), (2\(values))"
      try await withScenario(source: source, target: definition(", source text")) { scenario async throws in
        let target = TableName(schema: name, name: name)
        let configuration = scenario.configuration([TableConfiguration(target: target, source: .relation(target))])
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        try await scenario.source.run("UPDATE \(table.quoted) SET d = 'other' WHERE \(table.name.quoted) = 2")
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 1)
        #expect(report.totals.unchanged == 1)
        let rows = "SELECT \(table.name.quoted), s, d, verdict FROM \(table.quoted) ORDER BY 1"
        #expect(try await scenario.target.rows(rows) == scenario.source.rows(rows))
      }
    }

    // MARK: - Names that look alike

    /// é as one character, and as e and an accent.
    static let one = "\u{e9}"
    static let two = "e\u{301}"

    @Test func `columns that look alike each get their own values`() async throws {
      let (one, two) = (Self.one, Self.two)
      try await withScenario(
        source: """
          CREATE TABLE t (\(one) int, "\(two)" int, "a\(one)" text, "a\(two)" text CHECK (true));
          INSERT INTO t VALUES (1, 10, 'single', 'combined'), (2, 20, 'single', repeat('x', 9));
          CREATE TABLE few (id int, "\(one)" text); INSERT INTO few VALUES (1, 'single');
          """,
        target: """
          CREATE TABLE t ("a\(two)" varchar(8), \(two) int, "a\(one)" text, \(one) int PRIMARY KEY, source text);
          CREATE TABLE few (id int PRIMARY KEY, "\(two)" text DEFAULT 'own', "\(one)" text, source text);
          """
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t", "few"))
        #expect(report.totals.inserted == 2)
        #expect(report.totals.rejected == 1)
        #expect(
          try await scenario.target.rows(#"SELECT \#(one), \#(two), "a\#(one)", "a\#(two)" FROM t"#)
            == [["1", "10", "single", "combined"]])
        #expect(try await scenario.target.rows(#"SELECT "\#(one)", "\#(two)" FROM few"#) == [["single", "own"]])
        // The reject names the column, and its row has all four.
        #expect(
          try await scenario.target.rows(
            """
            SELECT encode(convert_to(column_name, 'UTF8'), 'hex'), (SELECT count(*) FROM jsonb_object_keys(row_data)),
              row_data->>'a\(one)'
            FROM pgtide.rejects
            """) == [["6165cc81", "4", "single"]])
        #expect(try await scenario.sync(scenario.configuration("t", "few")).totals.written == 0)
      }
    }

    @Test func `tables, schemas, keys and labels that look alike are two each`() async throws {
      let (one, two) = (Self.one, Self.two)
      func tables(_ more: String) -> String {
        [(one, "first"), (two, "second")].map { name, label in
          """
          CREATE SCHEMA "\(name)"; CREATE TYPE "\(name)"."k\(name)" AS ENUM ('\(one)', '\(two)');
          CREATE TABLE "\(name)"."\(name)" ("\(name)" int PRIMARY KEY, v text, l "\(name)"."k\(name)"\(more));
          """
        }.joined()
      }
      let rows = """
        INSERT INTO "\(one)"."\(one)" VALUES (1, 'first', '\(two)'); INSERT INTO "\(two)"."\(two)" VALUES (1, 'second', '\(one)');
        """
      try await withScenario(source: tables("") + rows, target: tables(", source text")) { scenario async throws in
        let configuration = scenario.configuration(
          [one, two].map {
            TableConfiguration(
              target: TableName(schema: $0, name: $0), source: .relation(TableName(schema: $0, name: $0)))
          })
        #expect(try await scenario.sync(configuration).totals.inserted == 2)
        let found = try await scenario.target.rows(
          """
          SELECT v, encode(convert_to(l::text, 'UTF8'), 'hex') FROM "\(one)"."\(one)"
          UNION ALL SELECT v, encode(convert_to(l::text, 'UTF8'), 'hex') FROM "\(two)"."\(two)"
          """)
        #expect(found == [["first", "65cc81"], ["second", "c3a9"]])
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.run_tables") == "2")
        #expect(try await scenario.sync(configuration).totals.written == 0)
      }
    }

    @Test func `a marker that looks like ours is the app's`() async throws {
      let (one, two) = (Self.one, Self.two)
      try await withScenario(
        source: "CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'new'), (2, 'new')",
        target: """
          CREATE TABLE t (id int PRIMARY KEY, v text, source text);
          INSERT INTO t VALUES (1, 'old', '\(one)'), (2, 'app', '\(two)');
          """
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.origin = .marker(column: "source", ours: one)
        let report = try await scenario.sync(configuration)
        #expect(report.totals.updated == 1)
        #expect(report.totals.protected == 1)
        #expect(try await scenario.target.rows("SELECT v FROM t ORDER BY id") == [["new"], ["app"]])
      }
    }

    @Test func `a column of which the other side has one of its look is told, and not taken`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int, \"\(Self.one)\" text); INSERT INTO t VALUES (1, 'x')",
        target: "CREATE TABLE t (id int PRIMARY KEY, \"\(Self.two)\" text, source text)"
      ) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("t"))
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE \"\(Self.two)\" IS NULL") == "1")
        #expect(
          report.table("t")?.notices.contains {
            $0.contains(#"written with other characters: "e\u0301", not "\u00e9""#)
          }
            == true)
        var configuration = scenario.configuration("t")
        configuration.tables[0].columns = [ColumnMapping(column: ObjectName(Self.one), value: .constant("x"))]
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect("\(refusal!)".contains("a name of this look is there"))
      }
    }

    @Test func `a quote with an accent behind it ends nothing`() async throws {
      let name = "a\"\u{301}b'\u{301}\\\u{301}$pgtide$\u{301}"
      let identifier = Identifier(name)
      try await withScenario(
        source: "CREATE TABLE t (id int, \(identifier.quoted) text); INSERT INTO t VALUES (1, 'x'), (2, 'y')",
        target: """
          CREATE TABLE t (id int PRIMARY KEY, \(identifier.quoted) text NOT NULL CHECK (id <> 2), source text);
          """
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.origin = .marker(column: "source", ours: name)
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 1)
        #expect(report.totals.rejected == 1)
        #expect(try await scenario.target.value("SELECT source FROM t").utf8.elementsEqual(name.utf8))
      }
    }

    @Test func `a type's name holds what it likes`() async throws {
      let make = #"CREATE SCHEMA "a.b"; CREATE TYPE "a.b"."c.""d" AS ENUM ('x');"#
      try await withScenario(
        source: #"\#(make) CREATE TABLE t (id int, v "a.b"."c.""d"); INSERT INTO t VALUES (1, 'x')"#,
        target: #"\#(make) CREATE TABLE t (id int PRIMARY KEY, v "a.b"."c.""d", source text)"#
      ) { scenario async throws in
        #expect(try await scenario.sync(scenario.configuration("t")).totals.inserted == 1)
      }
    }
  }
}
