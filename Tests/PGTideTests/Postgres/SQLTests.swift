import Testing

@testable import ConnectionStrings
@testable import Postgres
@testable import PostgresValues

@Suite struct SQLTests {
  @Test func `names are quoted, whatever is in them`() {
    let sql: SQL = "SELECT \(Identifier("Select")) FROM \(QualifiedName("my schema", "a\"b"))"
    #expect(sql.text == "SELECT \"Select\" FROM \"my schema\".\"a\"\"b\"")
    #expect(sql.values.isEmpty)
  }

  @Test func `bound values are numbered in the order of the text`() {
    let part: SQL = "b = \(bind: "two")"
    let sql: SQL = "a = \(bind: nil) AND \(part) AND c = \(bind: "three")"
    #expect(sql.text == "a = $1 AND b = $2 AND c = $3")
    #expect(sql.values == [nil, "two", "three"])
  }

  @Test func `a fragment that is used twice binds its values twice`() {
    let part: SQL = "\(bind: "x")"
    let sql: SQL = "\(part), \(part)"
    #expect(sql.text == "$1, $2")
    #expect(sql.values == ["x", "x"])
  }

  @Test func `numbers enter as they are`() {
    #expect(("LIMIT \(5) OFFSET \(UInt32(7))" as SQL).text == "LIMIT 5 OFFSET 7")
  }

  @Test func `a constant is quoted for either setting of standard_conforming_strings`() {
    #expect(("\(literal: "it's")" as SQL).text == "'it''s'")
    #expect(("\(literal: "a\\'b")" as SQL).text == "E'a\\\\''b'")
    #expect(("\(literal: "")" as SQL).text == "''")
  }

  @Test func `raw text enters as it is`() {
    #expect(("\(raw: "now()")" as SQL).text == "now()")
    #expect(SQL(raw: "'x'").text == "'x'")
  }

  @Test func `fragments are joined with their values`() {
    let parts: [SQL] = ["\(bind: "1")", "a", "\(bind: "2")"]
    let joined = parts.joined(separator: ", ")
    #expect(joined.text == "$1, a, $2")
    #expect(joined.values == ["1", "2"])
    #expect([SQL]().joined(separator: ", ").isEmpty)
  }

  @Test func `code between dollar quotes has its values written out and nothing escaped`() {
    let sql: SQL = "DO \(dollarQuoted: "SELECT \(bind: "it's"), 'a'")"
    #expect(sql.text == "DO $pgtide$\nSELECT 'it''s', 'a'\n$pgtide$")
    #expect(sql.values.isEmpty)
  }

  @Test func `code cannot end the dollar quotes around it`() {
    let sql: SQL = "DO \(dollarQuoted: "SELECT \(literal: "$pgtide$ $pgtide1$")")"
    #expect(sql.text == "DO $pgtide2$\nSELECT '$pgtide$ $pgtide1$'\n$pgtide2$")
  }

  @Test func `a fragment is indented without a change to names and constants in it`() {
    let fragment: SQL = "SELECT 1\nFROM \(Identifier("a\nb"))\nWHERE \(literal: "c\nd") = \(bind: "e\nf")"
    let sql: SQL = "BEGIN\n  \(indented: fragment, by: 2)"
    #expect(sql.text == "BEGIN\n  SELECT 1\n  FROM \"a\nb\"\n  WHERE 'c\nd' = $1")
  }

  @Test func `a script has its values written out`() {
    let sql: SQL = "SELECT \(bind: "it's"), \(bind: nil), \(bind: "a\\b")"
    #expect(sql.script == "SELECT 'it''s', NULL, E'a\\\\b';")
  }

  @Test func `names sort by schema, then by name`() {
    let names = [QualifiedName("b", "a"), QualifiedName("a", "b"), QualifiedName("a", "a")]
    #expect(names.sorted().map(\.description) == ["a.a", "a.b", "b.a"])
  }
}

@Suite struct ArrayTextTests {
  @Test(
    arguments: [
      [], [nil], [""], ["NULL"], ["null", nil], ["a", "b"], ["a,b", "{}", "\"", "\\", "\\\""], [" ", "\n", "ä🙂"],
    ] as [[String?]])
  func `what is written is read back`(elements: [String?]) {
    #expect(arrayElements(arrayText(elements)) == elements)
  }

  @Test func `every element is quoted, and NULL is not`() {
    #expect(arrayText(["a", nil, "NULL"]) == "{\"a\",NULL,\"NULL\"}")
    #expect(arrayText([]) == "{}")
  }

  @Test func `the server's own way of writing is read`() {
    #expect(arrayElements("{a,NULL,\"NULL\",\"b c\",\"\"}") == ["a", nil, "NULL", "b c", ""])
    #expect(arrayElements("{}") == [])
    // A mark that combines with the sign before it does not hide that.
    #expect(arrayElements("{\u{301}x,a\u{301},\"\u{301}\"}") == ["\u{301}x", "a\u{301}", "\u{301}"])
  }
}
