import Testing

@testable import PGTide

@Suite struct VerdictTests {
  @Test(arguments: RejectReason.allCases)
  func `a reject's reason comes out of its verdict`(reason: RejectReason) {
    #expect(RejectReason(verdict: Verdict.reject(reason)) == reason)
    #expect(RejectReason(verdict: Verdict.reject(reason, "a: b")) == reason)
  }

  @Test(arguments: [Verdict.insert, Verdict.update, Verdict.unchanged, Verdict.protected])
  func `the other verdicts are no rejects`(verdict: String) {
    #expect(RejectReason(verdict: verdict) == nil)
  }

  @Test func `the subject stands behind the reason`() {
    #expect(Verdict.reject(.doesNotFit, "Note") == "does not fit: Note")
    #expect(Verdict.reject(.duplicateKey) == "duplicate key")
  }

  @Test func `every reason comes with advice`() {
    #expect(RejectReason.allCases.allSatisfy { $0.advice.hasSuffix(".") })
  }
}
