import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Values that came to know infinity with a version between those of the two servers.
@Suite struct StrangeInfinityTests {
  private func type(_ oid: UInt32, _ name: String, modifier: Int = -1) -> TypeFacts {
    TypeFacts(
      oid: oid, sql: name, bareSQL: name, kind: .base, baseOID: oid, baseSQL: name, baseModifier: modifier,
      exactSQL: name, baseKind: .base, hasBinary: true)
  }

  private func cast(_ from: TypeFacts, to: TypeFacts, source: Int, target: Int) throws -> CastPlan {
    var rules = CastRules(assignmentCasts: [], casts: [])
    rules.strangeInfinities = BuiltinType.strangeInfinities(source: source, target: target)
    return try rules.plan(from: from, selected: "src.v", to: to, staged: "s.v")
  }

  @Test(arguments: [(170_000, 160_000), (180_000, 130_000)])
  func `an interval crosses as a text to a server that knows no infinite one`(source: Int, target: Int) throws {
    let interval = type(BuiltinType.interval, "interval")
    let plan = try cast(interval, to: interval, source: source, target: target)
    #expect(plan.stageType.text == "pg_catalog.text")
    #expect(plan.select.text == "src.v::pg_catalog.text")
    #expect(plan.fits?.text.contains("strpos") == true)
  }

  @Test(arguments: [(170_000, 170_000), (160_000, 150_000), (150_000, 180_000)])
  func `it crosses in its own form to any other`(source: Int, target: Int) throws {
    let interval = type(BuiltinType.interval, "interval")
    let plan = try cast(interval, to: interval, source: source, target: target)
    #expect(plan.stageType.text == "interval")
    #expect(plan.fits == nil)
  }

  @Test func `a numeric without a precision does so before version 14, one with a precision holds no infinity`() throws
  {
    let free = type(BuiltinType.numeric, "numeric")
    #expect(try cast(free, to: free, source: 150_000, target: 130_000).stageType.text == "pg_catalog.text")
    #expect(try cast(free, to: free, source: 150_000, target: 140_000).stageType.text == "numeric")
    let money = type(BuiltinType.numeric, "numeric", modifier: ((8 << 16) | 2) + 4)
    #expect(try cast(money, to: money, source: 150_000, target: 130_000).stageType.text == "numeric")
    #expect(
      try cast(free, to: type(BuiltinType.text, "text"), source: 150_000, target: 130_000).fits == nil)
  }
}
