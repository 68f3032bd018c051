import Postgres

extension CatalogReader {
  /// What the server says of tables beside what a run asks, by their numbers in the catalog.
  package func details(of tables: [QualifiedName]) async throws -> [UInt32: TableDetails] {
    try await connection.ask(.running([SessionPins.names.statement]), InspectSQL(tables).details).1
  }
}
