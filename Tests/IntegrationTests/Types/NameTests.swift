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
