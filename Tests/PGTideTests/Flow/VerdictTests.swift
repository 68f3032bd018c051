import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct VerdictTests {
  @Test(arguments: RejectReason.allCases)
  func `a reject's reason comes out of its verdict, whatever the subject holds`(reason: RejectReason) {
    #expect(RejectReason(verdict: Verdict.reject(reason)) == reason)
    // The last begins with an accent, which makes one character of itself and the colon.
    for subject in ["name", "a: b", ":", "", "insert", "\u{301}x"] {
      #expect(RejectReason(verdict: Verdict.reject(reason, about: subject)) == reason)
    }
  }

  @Test(arguments: [
    Verdict.insert, Verdict.update, Verdict.unchanged, Verdict.protected, Verdict.protectedDifferent, Verdict.rewritten,
    Verdict.heldBack, "",
  ])
  func `the other verdicts are no rejects`(verdict: String) {
    #expect(RejectReason(verdict: verdict) == nil)
  }

  @Test func `the subject stands behind the code`() {
    #expect(Verdict.reject(.doesNotFit, "Note") == "does_not_fit:Note")
    #expect(Verdict.reject(.duplicateKey) == "duplicate_key")
  }

  @Test func `a text that the other end cannot take does not fit, and is told apart`() {
    #expect(RejectReason(verdict: Verdict.unreadable("note")) == .doesNotFit)
    #expect(Verdict.unreadable("note") != Verdict.reject(.doesNotFit, "note"))
  }

  @Test func `codes have nothing in them that would end them`() {
    let codes = RejectReason.allCases.map(\.rawValue)
    #expect(codes.allSatisfy { $0.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7a).contains($0) } })
    let others = [
      Verdict.insert, Verdict.update, Verdict.unchanged, Verdict.protected, Verdict.protectedDifferent,
      Verdict.rewritten, Verdict.heldBack,
    ]
    #expect(Set(codes + others).count == codes.count + others.count)
  }

  @Test func `the words are those that reports have always had`() {
    #expect(
      RejectReason.allCases.map(\.words) == [
        "duplicate key", "lookup without a row", "ambiguous lookup", "NULL in the key", "NULL in a NOT NULL column",
        "does not fit", "missing parent",
        "would change rows that refer to it", "refused by the target", "unique value held by a stale row",
        "left out by a trigger",
      ])
    #expect(RejectReason.allCases.allSatisfy { RejectReason(words: $0.words) == $0 })
    #expect(RejectReason(words: "duplicate_key") == nil)
  }

  @Test func `every reason comes with advice`() {
    #expect(RejectReason.allCases.allSatisfy { $0.advice.hasSuffix(".") })
  }
}
