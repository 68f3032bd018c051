import Postgres

/// What the planner knows of the target.
struct TargetFacts: Sendable {
  var catalog: Catalog
  /// Other relations, where one is missing that the configuration names.
  var alternatives: [QualifiedName] = []
  let pooler: Pooler
  let casts: CastRules
  let house: HouseFacts
  let rights: HouseRights
  /// What the target made of the values that the configuration writes out.
  let trials: [SQL: Result<QueryResult, PostgresError>]
  let integrity: [QualifiedName: IntegrityFacts]
  /// Why triggers cannot be left out; `nil` if they can.
  let triggerObstacle: String?
  /// Those that enforce nothing; empty where all are kept.
  let indexes: [QualifiedName: [SecondaryIndex]]
  /// What the history says of the tables, by the names that the configuration writes.
  var pasts: [String: TablePast] = [:]
}
