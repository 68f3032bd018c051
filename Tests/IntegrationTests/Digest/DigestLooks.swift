import EphemeralPostgres
import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// What the product's own SQL makes of the rows of a table that a test has made.
struct DigestLooks {
  let connection: Connection

  static func with<R: Sendable>(
    _ database: TestDatabase, _ body: (DigestLooks) async throws -> R
  ) async throws -> R {
    let options = ConnectionOptions(label: "looks", connectionString: database.connectionString)
    return try await withConnection(options) { try await body(DigestLooks(connection: $0)) }
  }

  func facts(_ tables: [String]) async throws -> [TableFacts] {
    let names = tables.map { QualifiedName("public", $0) }
    let catalog = try await CatalogReader(connection: connection).read(names, details: false)
    return names.compactMap { catalog.tables[$0] }
  }

  /// The look of the row that `row` names; `nil` if no digest can tell values of some column apart.
  static func look(_ facts: TableFacts, row: SQL, without: Set<String> = []) -> SQL? {
    var look = RowLook()
    for column in facts.columns where !without.contains(column.name.name) {
      guard let form = DigestForm(column.type, from: column.type) else { return nil }
      look.add("\(row).\(column.name)", as: form, isStaged: false)
    }
    return look.sql
  }
}
