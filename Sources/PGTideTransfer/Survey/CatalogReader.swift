import Postgres

/// Reads the catalogs of one server: one batch of statements, whatever the number of tables.
package struct CatalogReader: Sendable {
  package let connection: Connection

  package init(connection: Connection) { self.connection = connection }

  /// Reads what the server says of `tables`; those that do not exist are missing from the answer.
  ///
  /// - Parameter details: as ``CatalogQuestions`` takes them.
  package func read(_ tables: [QualifiedName], details: Bool) async throws -> Catalog {
    let questions = CatalogQuestions(
      tables, details: details, version: try await connection.server.version, told: await connection.takeAnswer())
    return try await ask(questions.catalog(of: connection.label))
  }

  /// What stands in the schemas of these names, or elsewhere under the same name: one of it may be meant.
  package func alternatives(to missing: [QualifiedName]) async throws -> [QualifiedName] {
    guard !missing.isEmpty else { return [] }
    return try await connection.query(CatalogSQL.alternatives(to: missing)).rows.map {
      QualifiedName($0.text(0), $0.text(1))
    }
  }

  /// What the catalogs say of types that a described statement returns.
  package func types(_ columns: [ColumnDescription]) async throws -> [ColumnDescription: TypeFacts] {
    guard !columns.isEmpty else { return [:] }
    return try await ask(CatalogQuestions.types(columns))
  }

  /// The server names types and functions by the session's path: with their schema, and the same on both ends, only where
  /// the path is empty. It is up to the end of the transaction, which these statements are by themselves.
  private func ask<Answer>(_ question: Question<Answer>) async throws -> Answer {
    try await connection.ask(.running([SessionPins.names.statement]), question).1
  }
}
