import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct CastRulesTests {
  private func cast(
    _ source: TypeFacts, to target: TypeFacts, _ rules: CastRules = .sample
  ) throws -> CastPlan {
    try rules.plan(from: source, selected: "src.v", to: target, staged: "s.v")
  }

  @Test(arguments: [
    TypeFacts.integer, .text, .timestamptz, .numeric(8, 2), .varchar(9), .bpchar(3), .textArray, .point,
  ])
  func `a type crosses to the same one as it is`(type: TypeFacts) throws {
    let plan = try cast(type, to: type)
    #expect(plan.select.text == "src.v")
    #expect(plan.value.text == "s.v")
    #expect(plan.fits == nil)
    #expect(plan.stageType.text == type.baseSQL)
    #expect(plan.notice == nil)
  }

  @Test func `what may be too long is staged without a length, and checked`() throws {
    let plan = try cast(.varchar(60), to: .varchar(50))
    #expect(plan.stageType.text == "character varying")
    #expect(plan.fits?.text.contains("char_length(s.v) OPERATOR(pg_catalog.<=) 50") == true)
    #expect(try cast(.varchar(40), to: .varchar(50)).fits == nil)
    #expect(try cast(.varchar(40), to: .text).fits == nil)
    #expect(try cast(.text, to: .varchar(50)).fits != nil)
  }

  @Test func `a number with another scale is cast on the target, after a check if it could be rounded`() throws {
    let narrower = try cast(.numeric(10, 4), to: .numeric(8, 2))
    #expect(narrower.value.text == "s.v::numeric(8,2)")
    #expect(narrower.fits != nil)
    let wider = try cast(.numeric(8, 2), to: .numeric(10, 4))
    #expect(wider.value.text == "s.v::numeric(10,4)")
    #expect(wider.fits == nil)
  }

  @Test func `a wider type gets its values cast on the source, where none is lost`() throws {
    let plan = try cast(.integer, to: .bigint)
    #expect(plan.select.text == "src.v::bigint")
    #expect(plan.stageType.text == "bigint")
    #expect(plan.value.text == "s.v")
    #expect(plan.fits == nil)
  }

  @Test func `a narrower type gets them cast on the target, where they fit`() throws {
    let plan = try cast(.bigint, to: .integer)
    #expect(plan.select.text == "src.v")
    #expect(plan.stageType.text == "bigint")
    #expect(plan.value.text == "s.v::integer")
    #expect(plan.fits?.text.contains("2147483647") == true)
  }

  @Test func `everything turns into a text, dates in one form`() throws {
    let plan = try cast(.timestamptz, to: .text)
    #expect(plan.select.text == "src.v::pg_catalog.text")
    #expect(!plan.pins.isEmpty)
    #expect(try cast(.integer, to: .text).pins.isEmpty)
  }

  @Test func `a text turns into no number`() {
    let refusal = #expect(throws: CastProblem.self) { try cast(.text, to: .integer) }
    #expect(refusal?.hint == "Set the column to an expression such as src.v::integer, or skip it.")
  }

  @Test func `a refusal advises no cast that there is not`() throws {
    let refusal = #expect(throws: CastProblem.self) { try cast(.point, to: .date) }
    #expect(
      refusal?.reason == "pg_catalog.point does not turn into date by assignment"
        || refusal?.reason == "point does not turn into date by assignment")
    #expect(refusal?.hint == "Set the column to an expression of type date, or skip it.")
  }

  @Test func `a cast that may lose something and has no way back is refused`() throws {
    let time = TypeFacts(
      oid: BuiltinType.time, sql: "time without time zone", bareSQL: "time without time zone", kind: .base,
      baseOID: BuiltinType.time, baseSQL: "time without time zone", baseModifier: -1,
      exactSQL: "time without time zone", baseKind: .base, hasBinary: true)
    let refusal = #expect(throws: CastProblem.self) { try cast(.timestamp, to: time) }
    #expect(refusal?.reason.contains("no way back") == true)
  }

  @Test func `a time without a zone becomes one in UTC, and the plan says so`() throws {
    let plan = try cast(.timestamp, to: .timestamptz)
    #expect(plan.select.text == "pg_catalog.timezone('UTC'::pg_catalog.text, src.v)")
    #expect(plan.notice?.contains("read as UTC") == true)
    let back = try cast(.timestamptz, to: .timestamp)
    #expect(back.value.text.hasPrefix("pg_catalog.timezone('UTC'::pg_catalog.text, s.v)"))
    #expect(back.notice?.contains("in UTC") == true)
  }

  @Test func `a type of the database's own crosses as text to the one of its name, in whatever schema`() throws {
    let plan = try cast(.enumeration("hr.mood"), to: .enumeration("public.mood", oid: 30_000))
    #expect(plan.select.text == "src.v::pg_catalog.text")
    #expect(plan.stageType.text == "pg_catalog.text")
    #expect(plan.value.text == "s.v::public.mood")
    #expect(plan.fits?.text.contains("enum_range(NULL::public.mood)") == true)
    #expect(throws: CastProblem.self) { try cast(.enumeration("hr.mood"), to: .enumeration("public.state")) }
  }

  @Test func `an enumeration takes texts that are its labels`() throws {
    #expect(try cast(.text, to: .enumeration("mood")).fits?.text.contains("enum_range") == true)
  }

  @Test func `composite types need the same fields in the same order`() throws {
    let one = TypeFacts.composite("place", fields: ["street", "town"])
    #expect(try cast(one, to: one).fits != nil)
    let refusal = #expect(throws: CastProblem.self) {
      try cast(one, to: .composite("place", fields: ["town", "street"]))
    }
    #expect(refusal?.reason.contains("street, town") == true)
  }

  @Test func `a domain's rules are asked by a cast on the target`() throws {
    let plan = try cast(.integer, to: TypeFacts.integer.domain("age"))
    #expect(plan.stageType.text == "integer")
    #expect(plan.value.text == "s.v::age")
  }

  @Test func `a cast that the target's catalog does not have is not used`() {
    #expect(throws: CastProblem.self) { try cast(.bigint, to: .integer, CastRules(assignmentCasts: [], casts: [])) }
  }

  @Test(arguments: [("public.mood", "mood"), (#""a.b"."c.d""#, #""c.d""#), ("mood", "mood"), (#""a""b"."c""#, #""c""#)])
  func `a schema ends at the dot that is not quoted`(name: String, rest: String) {
    #expect(TypeName.withoutSchema(name) == rest)
  }
}

@Suite struct LosslessCheckTests {
  private func condition(_ source: TypeFacts, to target: TypeFacts, hasCastBack: Bool = true) -> String? {
    LosslessCheck.condition("v", from: source, to: target, hasCastBack: hasCastBack)?.text
  }

  @Test func `an integer's range is asked before the cast`() {
    #expect(
      condition(.bigint, to: .smallint) == """
        (v IS NULL OR CASE WHEN v OPERATOR(pg_catalog.>=) -32768 AND v OPERATOR(pg_catalog.<=) 32767 \
        THEN (v::smallint)::bigint OPERATOR(pg_catalog.=) v ELSE false END)
        """)
  }

  @Test func `a float's upper end is the first number beyond, which is one`() {
    #expect(condition(.float, to: .bigint)?.contains("v OPERATOR(pg_catalog.<) 9223372036854775808") == true)
  }

  @Test func `a float holds integers up to its precision`() {
    #expect(condition(.bigint, to: .float)?.contains("9007199254740992") == true)
  }

  @Test func `the way there and back is the check, where there is one`() {
    #expect(condition(.timestamp, to: .date)?.contains("OPERATOR(pg_catalog.=) v") == true)
    #expect(condition(.timestamp, to: .date, hasCastBack: false) == nil)
  }

  @Test func `every condition lets NULL through`() {
    for (source, target) in [(TypeFacts.bigint, TypeFacts.integer), (.float, .numeric(8, 2)), (.json, .jsonb)] {
      #expect(condition(source, to: target)?.hasPrefix("(v IS NULL OR ") == true)
    }
  }
}
