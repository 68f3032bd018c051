/// What the app knows to be its own on the target: the rows that it inserted or claimed, as it last committed them.
struct AppLedger: Sendable {
  /// By table and key.
  private(set) var owned: SuiteRows = [:]
  /// Keys that the app wrote since the round began, among them rows that it deleted or gave back to the office.
  private(set) var touched: [String: Set<Int>] = [:]

  /// One row after a transaction of the app; `nil` when it is gone, or not the app's any more.
  struct Change: Sendable {
    var table: String
    var key: Int
    var row: SuiteRow?
  }

  mutating func commit(_ changes: [Change]) {
    for change in changes {
      owned[change.table, default: [:]][change.key] = change.row
      touched[change.table, default: []].insert(change.key)
    }
  }

  mutating func beginRound() { touched = [:] }

  func owns(_ table: String, _ key: Int) -> Bool { owned[table]?[key] != nil }

  /// Whether a row may be neither as before nor as the office has it.
  func hasTouched(_ table: String, _ key: Int) -> Bool { owns(table, key) || touched[table]?.contains(key) == true }
}
