import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What counters before and after a merge say of the rows that foreign keys lead to.
@Suite struct CascadeGuardTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var before: [CascadeSQL.Reached] = []
    let after: CascadeSQL.Reached
    /// `updated` of what was written, and whether rows were removed; `nil`: nothing was written.
    let written: (updated: Int?, isRemoved: Bool)?
  }

  private static func reached(_ updated: Int?, _ removed: Int?) -> CascadeSQL.Reached {
    CascadeSQL.Reached(name: "\"s\".\"t\"", updated: updated, removed: removed)
  }

  static let cases = [
    Case(testDescription: "nothing moved", before: [reached(3, 1)], after: reached(3, 1), written: nil),
    Case(testDescription: "rows were updated", before: [reached(3, 0)], after: reached(5, 0), written: (2, false)),
    Case(testDescription: "a relation is new", after: reached(1, 0), written: (1, false)),
    Case(testDescription: "rows were deleted", before: [reached(0, -4)], after: reached(0, -3), written: (0, true)),
    Case(testDescription: "rows were only inserted", before: [reached(0, 0)], after: reached(0, -2), written: nil),
    Case(
      testDescription: "the server does not count, and nothing can be deleted", before: [reached(nil, 0)],
      after: reached(nil, 0), written: (nil, false)),
    Case(
      testDescription: "the server does not count what it deletes", before: [reached(nil, nil)],
      after: reached(nil, nil), written: (nil, true)),
  ]

  @Test(arguments: cases)
  func `counters tell what was written, and where they do not, all of it may have been`(_ value: Case) throws {
    let table = try #require(try SampleOffice.plain.plan.0.tables.first)
    let written = CascadeGuard(table: table, before: value.before, after: [value.after]).written
    #expect(written.count == (value.written == nil ? 0 : 1))
    #expect(written.first?.updated == value.written?.updated)
    #expect(written.first?.isRemoved == value.written?.isRemoved)
  }
}
