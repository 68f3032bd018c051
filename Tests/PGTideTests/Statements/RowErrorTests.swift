import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct RowErrorTests {
  @Test(
    "errors that a row can cause are the row's",
    arguments: [
      "23514", "23505", "23502", "23P01", "23503", "23001", "22012", "22P02", "21000", "54000", "P0001", "P0002",
      "P0004",
      "45000", "U0001", "PT400", "APP42", "09000", "27000", "38000",
    ])
  func isRow(state: String) { #expect(RowError.isAboutRow(state)) }

  @Test(
    "errors of the server, the session or the statement are not",
    arguments: [
      nil, "", "08006", "0A000", "25006", "25P02", "28000", "3F000", "40001", "40P01", "42501", "42P01", "42883",
      "53100",
      "53200", "54001", "55P03", "57014", "57P01", "58030", "F0000", "XX000", "XX002",
    ])
  func isOther(state: String?) { #expect(!RowError.isAboutRow(state)) }

  @Test("what the merge in parts raises for itself is no row's error")
  func isOwn() {
    let own: [MergeObstacle] = [.foreignMarker, .movedKey, .restlessRows, .miscounted]
    #expect(own.allSatisfy { !RowError.isAboutRow($0.rawValue) && $0.rawValue.utf8.count == 5 })
  }
}
