import Postgres

/// What the target's catalogs say of how a table's foreign keys can be kept. It is asked for the plan, and again in the
/// merge, when the table is locked against changes of it.
struct IntegrityFacts: Sendable, Equatable {
  /// Why its foreign keys cannot be proved in sets, each of which let a wrong row in, or a trigger out, in a trial.
  var obstacles: [String]
  /// Its foreign keys, as the server numbers them: those that the plan knows must be all that there are.
  var foreignKeys: [String]
  /// Names of foreign keys to partitioned tables. Other parents are looked up without the tables that inherit from them.
  var partitionedParents: Set<Identifier>

  init(obstacles: [String] = [], foreignKeys: [String] = [], partitionedParents: Set<Identifier> = []) {
    self.obstacles = obstacles
    self.foreignKeys = foreignKeys
    self.partitionedParents = partitionedParents
  }

  /// Of a row of ``IntegritySQL/facts(_:)``.
  init(_ row: QueryResult.Row) {
    self.init(
      obstacles: row.array(2).compactMap(\.self), foreignKeys: row.array(3).compactMap(\.self),
      partitionedParents: Set(row.names(4)))
  }
}

/// How a table's foreign keys are kept when rows are inserted.
struct IntegrityPlan: Sendable {
  /// `nil`: they are proved in sets. Otherwise why the server's own triggers look after each row.
  let reasonForTriggers: String?
  /// What the reason rests on, to be found unchanged by the merge.
  let facts: IntegrityFacts

  /// One line for the plan; `nil` where there are no foreign keys.
  func summary(isAlone: Bool) -> String? {
    if facts.foreignKeys.isEmpty { return nil }
    if !isAlone { return "triggers: it merges together with others" }
    if let reasonForTriggers { return "triggers: \(reasonForTriggers)" }
    return "proved in sets from \(Self.worthwhileInserts) inserted rows up"
  }

  /// Fewer inserted rows than this are checked by triggers: two more statements for each foreign key cost more than
  /// that. Measured in docs/inside/performance.md.
  static let worthwhileInserts = 1000
}
