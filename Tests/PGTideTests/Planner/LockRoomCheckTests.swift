import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct LockRoomCheckTests {
  @Test(arguments: [(2900, nil), (2909, nil), (2910, 65), (5000, 111)] as [(Int, Int?)])
  func `a server without room for a run's locks is told of, with what it should be set to`(tables: Int, wanted: Int?) {
    let notice = LockRoomCheck(end: "source", relations: tables, perHolder: 64, holders: 100).notice
    #expect((notice != nil) == (wanted != nil))
    if let wanted {
      #expect(notice?.contains("the source has room for 6400 locks") == true)
      #expect(notice?.contains("set its max_locks_per_transaction to \(wanted) or more") == true)
    }
  }

  @Test func `a server that does not say how many locks it has room for is not spoken of`() {
    #expect(LockRoomCheck(end: "target", relations: 1 << 20, perHolder: .max, holders: 1).notice == nil)
  }
}
