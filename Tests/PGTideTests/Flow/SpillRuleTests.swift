import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// When a run begins to read to the disk by itself.
@Suite struct SpillRuleTests {
  private let rule = SpillRule()

  private func pace(_ elapsed: Double, waited: Double) -> TargetPace {
    TargetPace(elapsed: .seconds(elapsed), waited: .seconds(waited), bytes: 1_000_000)
  }

  @Test func `a target that was waited for two thirds of the time, with much left, asks for the disk`() {
    #expect(rule.asksForDisk(pace(3, waited: 2), unread: 20_000_000, workers: 2))
  }

  @Test func `a target that keeps up does not`() {
    #expect(!rule.asksForDisk(pace(3, waited: 1.9), unread: 20_000_000, workers: 2))
  }

  @Test func `a beginning says nothing`() {
    #expect(!rule.asksForDisk(pace(1.9, waited: 1.9), unread: 20_000_000, workers: 2))
    #expect(!rule.asksForDisk(TargetPace(), unread: 20_000_000, workers: 2))
  }

  @Test func `what would be through in a moment stays as it is`() {
    #expect(!rule.asksForDisk(pace(3, waited: 3), unread: 6_000_000, workers: 2))
    #expect(rule.asksForDisk(pace(3, waited: 3), unread: 6_000_000, workers: 1))
    #expect(!rule.asksForDisk(pace(3, waited: 3), unread: 0, workers: 1))
  }
}
