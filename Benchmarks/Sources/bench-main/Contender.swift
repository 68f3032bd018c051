/// One way to bring the target level, all of them for the same rows.
enum Contender: String, Codable, CaseIterable {
  case pgtide
  /// Binary COPY and a guarded UPSERT a table, written by hand for psql, one session a side.
  case session
  /// INSERTs of 1,000 rows that rewrite what they find, as the engine does that pgtide replaces.
  case batched

  var title: String {
    switch self {
    case .pgtide: "pgtide"
    case .session: "one psql session a side"
    case .batched: "INSERTs of 1,000 rows"
    }
  }
}

/// What has happened on the source since the last run. They build on each other, in this order.
enum Scenario: String, Codable, CaseIterable {
  case firstLoad
  case unchanged
  case fiftyChanged
  case onePercentChanged

  var title: String {
    switch self {
    case .firstLoad: "first load, empty target"
    case .unchanged: "unchanged"
    case .fiftyChanged: "50 rows changed"
    case .onePercentChanged: "1 % changed"
    }
  }

  /// How many rows to change before the run.
  func editedRows(of total: Int) -> Int {
    switch self {
    case .firstLoad, .unchanged: 0
    case .fiftyChanged: 50
    case .onePercentChanged: total / 100
    }
  }
}
