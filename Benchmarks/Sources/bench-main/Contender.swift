/// One way to bring the target level, all of them for the same rows.
enum Contender: String, Codable, CaseIterable {
  case pgtide
  /// Binary COPY and a guarded UPSERT a table, written by hand for psql, one session a side.
  case session
  /// INSERTs of 1,000 rows that rewrite what they find, as the engine does that pgtide replaces.
  case batched
  /// Compares by an MD5 of each row's text, as written by hand for psql.
  case rowTexts
  /// pgtide, into a table whose key the target makes.
  case generated

  var title: String {
    switch self {
    case .pgtide: "pgtide"
    case .session: "one psql session a side"
    case .batched: "INSERTs of 1,000 rows"
    case .rowTexts: "MD5 of row texts"
    case .generated: "pgtide, key: generated"
    }
  }
}

/// What has happened on the source since the last run. They build on each other, in this order.
enum Scenario: String, Codable, CaseIterable {
  case firstLoad
  case unchanged
  case fiftyChanged
  case onePercentChanged
  /// With deletes switched on, which no other sync has.
  case onePercentDeleted
  /// Both ends are compared: first they are level, then they are not.
  case levelCheck
  case differingCheck

  static let syncs: [Scenario] = [.firstLoad, .unchanged, .fiftyChanged, .onePercentChanged, .onePercentDeleted]
  static let checks: [Scenario] = [.levelCheck, .differingCheck]

  /// Who can do it.
  var contenders: [Contender] {
    switch self {
    case .firstLoad, .unchanged, .fiftyChanged, .onePercentChanged: [.pgtide, .session, .batched, .generated]
    case .onePercentDeleted: [.pgtide, .session, .generated]
    case .levelCheck, .differingCheck: [.pgtide, .rowTexts]
    }
  }

  /// What pgtide is measured by.
  var yardstick: Contender { Self.checks.contains(self) ? .rowTexts : .session }

  var title: String {
    switch self {
    case .firstLoad: "first load, empty target"
    case .unchanged: "unchanged"
    case .fiftyChanged: "50 rows changed"
    case .onePercentChanged: "1 % changed"
    case .onePercentDeleted: "1 % deleted"
    case .levelCheck: "check, all level"
    case .differingCheck: "check, 100 rows differ"
    }
  }

  /// How many rows to change before the run.
  func editedRows(of total: Int) -> Int {
    switch self {
    case .firstLoad, .unchanged, .onePercentDeleted, .levelCheck: 0
    case .differingCheck: 100
    case .fiftyChanged: 50
    case .onePercentChanged: total / 100
    }
  }
}
