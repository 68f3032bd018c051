import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct TablePastTests {
  @Test(arguments: [
    (nil as Int?, 0, false), (100, 95, false), (100, 94, true), (100, 0, true), (100, 200, false), (0, 0, false),
    (1, 0, true), (20, 19, false), (19, 18, true),
  ])
  func `more than five rows in a hundred are a loss`(before: Int?, now: Int, isLoss: Bool) {
    #expect(TablePast(rowsRead: before).hasLostRows(now) == isLoss)
  }

  @Test func `columns stay lost until something fills them, or nobody misses them`() {
    let past = TablePast(rowsRead: 1, filled: ["id", "name", "phone"], lost: ["fax"])
    #expect(past.lostColumns(filled: ["id", "name"]) { _ in true } == ["phone", "fax"])
    #expect(past.lostColumns(filled: ["id", "name", "fax"]) { _ in true } == ["phone"])
    #expect(past.lostColumns(filled: ["id", "name"]) { $0 != "phone" } == ["fax"])
  }
}
