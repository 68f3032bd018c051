import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct LengthCheckTests {
  /// The modifier of numeric(precision, scale), as `numeric.c` makes it.
  private func numeric(_ precision: Int, _ scale: Int) -> Int { (precision << 16 | scale & 0x7ff) + 4 }

  private func type(_ oid: UInt32, _ sql: String, _ modifier: Int, kind: TypeFacts.Kind = .base) -> TypeFacts {
    let bare = String(sql.prefix { $0 != "(" })
    return TypeFacts(
      oid: oid, sql: sql, bareSQL: bare, kind: kind, baseOID: oid, baseSQL: bare, baseModifier: modifier,
      exactSQL: sql, baseKind: kind, hasBinary: true)
  }

  @Test(arguments: [(8, 2), (1, 0), (1000, 1000), (10, 3), (2, -3), (5, -1000), (3, 5)])
  func `precision and scale come out of the modifier`(precision: Int, scale: Int) {
    let modifier = NumericModifier(numeric(precision, scale))
    #expect(modifier.precision == precision)
    #expect(modifier.scale == scale)
  }

  @Test func `what has no length holds everything, and fits into nothing that has one`() {
    #expect(LengthCheck.holds(everything: 14, in: -1, type: BuiltinType.varchar))
    #expect(LengthCheck.holds(everything: -1, in: -1, type: BuiltinType.varchar))
    #expect(!LengthCheck.holds(everything: -1, in: 14, type: BuiltinType.varchar))
    #expect(!LengthCheck.holds(everything: -1, in: numeric(8, 2), type: BuiltinType.numeric))
  }

  @Test(arguments: [BuiltinType.varchar, BuiltinType.bpchar, BuiltinType.varbit])
  func `a longer type holds a shorter one`(type: UInt32) {
    #expect(LengthCheck.holds(everything: 10, in: 10, type: type))
    #expect(LengthCheck.holds(everything: 10, in: 11, type: type))
    #expect(!LengthCheck.holds(everything: 11, in: 10, type: type))
  }

  @Test func `a numeric holds another if neither side of the point is cut`() {
    func holds(_ from: (Int, Int), _ to: (Int, Int)) -> Bool {
      LengthCheck.holds(everything: numeric(from.0, from.1), in: numeric(to.0, to.1), type: BuiltinType.numeric)
    }
    #expect(holds((8, 2), (10, 2)))
    #expect(holds((8, 2), (9, 3)))
    #expect(!holds((8, 2), (8, 3)))
    #expect(!holds((10, 3), (10, 2)))
    #expect(holds((2, -3), (5, 0)))
    #expect(!holds((5, 0), (5, -3)))
  }

  @Test func `a bit string of another length never fits`() {
    #expect(!LengthCheck.holds(everything: 3, in: 4, type: BuiltinType.bit))
  }

  @Test func `texts of all kinds are compared by length`() {
    let short = type(BuiltinType.bpchar, "character(3)", 7)
    let long = type(BuiltinType.varchar, "character varying(5)", 9)
    let text = type(BuiltinType.text, "text", -1)
    let name = type(BuiltinType.name, "name", -1)
    #expect(LengthCheck.holdsText(short, long))
    #expect(!LengthCheck.holdsText(long, short))
    #expect(!LengthCheck.holdsText(text, long))
    #expect(LengthCheck.holdsText(long, text))
    #expect(!LengthCheck.holdsText(text, name))
    #expect(LengthCheck.holdsText(name, name))
  }

  @Test func `what has no length needs no check`() {
    #expect(LengthCheck.condition("v", type(BuiltinType.text, "text", -1)) == nil)
    #expect(LengthCheck.condition("v", type(BuiltinType.numeric, "numeric", -1)) == nil)
  }

  @Test func `a text is checked by its characters`() {
    let check = LengthCheck.condition("v", type(BuiltinType.varchar, "character varying(50)", 54))
    #expect(check?.text == "(v IS NULL OR pg_catalog.char_length(v) OPERATOR(pg_catalog.<=) 50)")
  }

  @Test func `a numeric is checked by size and by rounding, and NaN fits`() {
    let check = LengthCheck.condition("v", type(BuiltinType.numeric, "numeric(8,2)", numeric(8, 2)))
    #expect(
      check?.text == """
        (v IS NULL OR (v OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(v) OPERATOR(pg_catalog.<) 1e6 \
        AND pg_catalog.round(v, 2) OPERATOR(pg_catalog.=) v))
        """)
  }

  @Test func `a name is checked by its bytes`() {
    let check = LengthCheck.condition("v", type(BuiltinType.name, "name", -1))
    #expect(check?.text == "(v IS NULL OR pg_catalog.octet_length(v::pg_catalog.text) OPERATOR(pg_catalog.<) 64)")
  }

  @Test func `a time is checked by the cast itself`() {
    let check = LengthCheck.condition("v", type(BuiltinType.time, "time(0) without time zone", 0))
    #expect(check?.text == "(v IS NULL OR v::time(0) without time zone OPERATOR(pg_catalog.=) v)")
  }
}
