import Postgres

/// What one server's catalogs say of the tables that a run asks for.
struct Catalog: Sendable, Codable {
  var server: ServerFacts
  var tables: [QualifiedName: TableFacts]
}
