import PostgresValues

/// What the planner knows of the target.
package struct TargetFacts: Sendable {
  package var catalog: Catalog
  /// Other relations, where one is missing that the configuration names.
  package var alternatives: [QualifiedName] = []
  package let pooler: Pooler
  package let casts: CastRules
  package let privateSchema: PrivateSchemaFacts
  package let rights: PrivateSchemaRights
  /// What the target made of the values that the configuration writes out.
  package let trials: [SQL: Result<QueryResult, PostgresError>]
  package let integrity: [QualifiedName: IntegrityFacts]
  /// Why triggers cannot be left out; `nil` if they can.
  package let triggerObstacle: String?
  /// Those that enforce nothing; empty where all are kept.
  package let indexes: [QualifiedName: [SecondaryIndex]]
  /// What the history says of the tables, by the names that the configuration writes.
  package var pasts: [String: TablePast] = [:]
  /// The files of tables of which only changed rows may be read.
  package var files: [QualifiedName: String] = [:]
  /// Which enumerations and composite types it has then, in short.
  package var changeTypes = ""
}
