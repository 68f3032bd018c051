import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct AccountingTests {
  /// 9 rows read and staged, each with another fate.
  private func counts(_ change: (inout RowCounts) -> Void = { _ in }) -> RowCounts {
    var counts = RowCounts()
    (counts.read, counts.staged) = (9, 9)
    (counts.inserted, counts.updated, counts.unchanged, counts.protected, counts.rejected) = (3, 2, 2, 1, 1)
    change(&counts)
    return counts
  }

  @Test func `sums that match are no mismatch`() {
    #expect(Accounting.stageMismatch(counts(), standing: 9) == nil)
    #expect(Accounting.mergeMismatch(counts()) == nil)
    #expect(Accounting.mergeMismatch(RowCounts()) == nil)
  }

  @Test func `a row lost before the stage is told`() {
    let told = Accounting.stageMismatch(counts { $0.read = 10 }, standing: 9)
    #expect(told == "10 rows were read, but 9 staged")
  }

  @Test func `a stage that lost its rows is told`() {
    #expect(Accounting.stageMismatch(counts(), standing: 0)?.contains("the stage holds 0") == true)
  }

  @Test func `a delta that lost rows which are to be deleted is told`() {
    #expect(Accounting.deletesMismatch(3, standing: 3) == nil)
    #expect(Accounting.deletesMismatch(3, standing: 0)?.contains("the delta holds 0") == true)
  }

  @Test(arguments: [\RowCounts.inserted, \.updated, \.unchanged, \.protected, \.rejected])
  func `a row without a fate is told`(fate: any WritableKeyPath<RowCounts, Int> & Sendable) {
    #expect(Accounting.mergeMismatch(counts { $0[keyPath: fate] -= 1 })?.hasSuffix("are 8") == true)
  }

  @Test func `counts add up member by member`() {
    var total = counts()
    total += counts()
    #expect(total.read == 18)
    #expect(total.written == 10)
    #expect(total.rejected == 2)
    #expect(Accounting.mergeMismatch(total) == nil)
  }

  @Test func `what was rolled back keeps its reading and its rejects only`() {
    var rolledBack = counts()
    rolledBack.forgetWrites()
    #expect(rolledBack.written == 0)
    #expect(rolledBack.protected + rolledBack.unchanged == 0)
    #expect(rolledBack.read == 9)
    #expect(rolledBack.rejected == 1)
  }
}
