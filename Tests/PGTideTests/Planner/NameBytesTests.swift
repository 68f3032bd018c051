import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Names are compared by their bytes, as PostgreSQL does, and not by their look, as Swift does.
@Suite struct NameBytesTests {
  /// é as one character, and as e and an accent.
  private let one = "\u{e9}"
  private let two = "e\u{301}"

  @Test func `names that look alike are two`() {
    #expect(one == two)
    #expect(Identifier(one) != Identifier(two))
    #expect(Set([Identifier(one), Identifier(two), Identifier(one)]).count == 2)
    #expect(Set([QualifiedName("s", one), QualifiedName("s", two)]).count == 2)
    #expect(Set([TableName(name: one), TableName(name: two)]).count == 2)
    #expect(Identifier(two) < Identifier(one))
    #expect(!(Identifier(one) < Identifier(two)))
  }

  @Test func `statements whose values look alike are two`() {
    #expect(Set(["SELECT \(bind: one)", "SELECT \(bind: two)"] as [SQL]).count == 2)
    #expect(("SELECT \(bind: one)" as SQL) == "SELECT \(bind: one)")
    #expect(("\(bind: nil)" as SQL) != "\(bind: "")")
  }

  @Test func `an accent behind a quote does not hide it`() {
    #expect(Identifier("\"\u{301}").quoted.utf8.elementsEqual("\"\"\"\u{301}\"".utf8))
    #expect(("\(literal: "'\u{301}")" as SQL).text.utf8.elementsEqual("'''\u{301}'".utf8))
    #expect(("\(literal: "\\\u{301}")" as SQL).text.utf8.elementsEqual("E'\\\\\u{301}'".utf8))
    #expect(arrayText(["\"\u{301}", "\\\u{301}"]).utf8.elementsEqual(#"{"\"\#u{301}","\\\#u{301}"}"#.utf8))
    let code: SQL = "\(dollarQuoted: "\(raw: "$pgtide$\u{301}")")"
    #expect(code.text.hasPrefix("$pgtide1$"))
  }

  @Test func `a type's name ends behind the last dot that is not quoted`() {
    #expect(TypeName.withoutSchema("\"a.\u{301}b\".\"c\"").isSame(as: "\"c\""))
    #expect(TypeName.withoutSchema("a.\"\u{301}.x\"").isSame(as: "\"\u{301}.x\""))
    #expect(!TypeName.withoutSchema("a.\(one)").isSame(as: TypeName.withoutSchema("b.\(two)")))
  }

  @Test func `stages of tables that look alike are two`() {
    for flow in ["f", "f_g"] {
      let stages = [one, two].map { StageTable(flow: flow, table: QualifiedName("s", $0), columns: []).stage }
      #expect(Set(stages).count == 2)
      let long = [one, two].map {
        StageTable(flow: flow, table: QualifiedName("s", String(repeating: $0, count: 21)), columns: []).stage
      }
      #expect(Set(long).count == 2)
      #expect(long.allSatisfy { $0.name.name.utf8.count <= 63 })
    }
    // An underscore with an accent is an underscore, too.
    let split = [("a_\u{301}b", "c"), ("a", "\u{301}b_c")].map { flow, schema in
      StageTable(flow: flow, table: QualifiedName(schema, "t"), columns: []).stage
    }
    #expect(Set(split).count == 2)
  }

  // MARK: - In the configuration

  @Test func `the file tells keys that look alike apart`() throws {
    let file = try ConfigurationFile.parse(
      ConfigurationSample.head + """
        origin: none
        tables:
          \(one):
            key: [\(one), \(two)]
            skip: ["\(one)a", '\(two)a']
            columns: {"\(one)b": x, \(two)b: {constant: \(two)}}
          \(two): {from: \(one).\(two)}
        """, environment: [:])
    #expect(file.tables.map(\.target) == [TableName(name: one), TableName(name: two)])
    #expect(file.tables[0].key == [ObjectName(one), ObjectName(two)])
    #expect(file.tables[0].skip == [ObjectName(one + "a"), ObjectName(two + "a")])
    #expect(file.tables[0].columns.map(\.column) == [ObjectName(one + "b"), ObjectName(two + "b")])
    guard case .constant(let constant?) = file.tables[0].columns[1].value else {
      Issue.record("no constant")
      return
    }
    #expect(constant.isSame(as: two))
    #expect(file.tables[1].source == .relation(TableName(schema: one, name: two)))
  }

  @Test func `a key that stands twice is told, whatever its letters`() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationFile.parse(
        ConfigurationSample.head + "origin: none\ntables:\n  \(one): {}\n  \(two): {}\n  \(one): {}\n", environment: [:]
      )
    }
    #expect(error?.mistakes.map(\.message) == ["`\(one)` stands more than once in the same mapping"])
    #expect(error?.mistakes.first?.line == 5)
  }

  @Test func `characters of private use stay what they are`() throws {
    let name = "\u{E000}\u{e9}\u{F0000}"
    let file = try ConfigurationFile.parse(
      ConfigurationSample.head + "origin: none\ntables:\n  \(name): {}\n", environment: [:])
    #expect(file.tables.map(\.target) == [TableName(name: name)])
  }

  @Test func `a dot with an accent still parts schema and table`() throws {
    let file = try ConfigurationFile.parse(
      ConfigurationSample.head + "origin: none\ntables: [\"a.\u{301}b\"]\n", environment: [:])
    #expect(file.tables.map(\.target) == [TableName(schema: "a", name: "\u{301}b")])
  }

  // MARK: - Advice

  @Test func `a name of the same look is advised with its characters`() {
    let advice = NearestName.advice(for: Identifier(one), among: [Identifier(two)])
    #expect(
      advice
        == #"a name of this look is there, written with other characters: "e\u0301", not "\u00e9"; write it as there"#)
    let relation = TablePlanning.advice(on: QualifiedName("s", one), among: [QualifiedName("s", two)])
    #expect(relation.contains(#"written with other characters: "e\u0301", not "\u00e9""#))
    #expect(NearestName.escaped("a\"\\\u{1F600}") == #""a\"\\\U0001f600""#)
  }

  @Test func `the command line selects the table that is written, not its like`() throws {
    let tables = [one, two].map { TableConfiguration(target: TableName(name: $0)) }
    let selected = try TableSelection(include: [two], exclude: []).select(from: tables, in: "app")
    #expect(selected.map(\.target) == [TableName(name: two)])
    #expect(throws: TableSelectionError.noMatch(pattern: one, nearest: #""e\u0301""#)) {
      try TableSelection(include: [one], exclude: []).select(from: [tables[1]], in: "app")
    }
  }
}
