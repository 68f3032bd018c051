import PostgresValues

/// What one server's catalogs say of the tables that a run asks for.
package struct Catalog: Sendable, Codable {
  package var server: ServerFacts
  package var tables: [QualifiedName: TableFacts]
}
