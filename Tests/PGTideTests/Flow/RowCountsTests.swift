import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct RowCountsTests {
  @Test func `a sum of counts knows of the target's own rows only if each of them does`() {
    var (counted, uncounted) = (RowCounts(), RowCounts())
    (counted.targetOnly, uncounted.read) = (3, 7)
    var sum = RowCounts.zero
    sum += counted
    sum += counted
    #expect(sum.targetOnly == 6)
    sum += uncounted
    #expect(sum.targetOnly == nil)
    #expect(sum.read == 7)
  }
}
