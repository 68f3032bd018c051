import PostgresValues

/// What the planner knows of the source.
package struct SourceFacts: Sendable {
  package let catalog: Catalog
  package let pooler: Pooler
  /// What the user's own SQL returns, or why the server does not take it.
  package let described: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>]
  package let types: [ColumnDescription: TypeFacts]
  /// Tables of which nothing more can be known, because somebody has locked what their SQL reads.
  package var held: [TableName: PostgresError] = [:]
  /// Relations of the source's own schema, by those of the same name that were taken instead.
  package var passedOver: [QualifiedName: QualifiedName] = [:]
  /// Other relations, where one is missing that the configuration names.
  package var alternatives: [QualifiedName] = []
  /// Of tables whose rows tell by a column that they have changed; `nil` where there is none.
  package var changes: ChangeFacts?

  package init(
    catalog: Catalog, pooler: Pooler, described: [DescribeRequest.Subject: Result<[ColumnDescription], PostgresError>],
    types: [ColumnDescription: TypeFacts], held: [TableName: PostgresError] = [:],
    passedOver: [QualifiedName: QualifiedName] = [:], alternatives: [QualifiedName] = []
  ) {
    self.catalog = catalog
    self.pooler = pooler
    self.described = described
    self.types = types
    self.held = held
    self.passedOver = passedOver
    self.alternatives = alternatives
  }
}
