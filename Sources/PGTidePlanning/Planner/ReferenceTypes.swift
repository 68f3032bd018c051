import PostgresValues

/// How the columns of a rule under `references` are compared with those that they refer to.
package enum ReferenceTypes {
  /// The parent's own idea of equality, where an index knows it.
  package static func equality(of columns: [Identifier], in parent: TableFacts) -> [SQL] {
    let index = parent.uniqueIndexes.first { !$0.isWithoutOverlaps && Set($0.columns) == Set(columns) }
    return columns.map { column in
      index?.columns.firstIndex(of: column).flatMap { index?.equality[$0] } ?? "OPERATOR(pg_catalog.=)"
    }
  }

  /// A question to the target: does it know that operator for both types?
  package static func trial(_ column: TypeFacts, _ referenced: TypeFacts, by equality: SQL) -> SQL {
    "SELECT NULL::\(raw: referenced.sql) \(equality) NULL::\(raw: column.sql)"
  }

  /// The questions about all rules of a table.
  package static func trials(
    _ table: TableConfiguration, _ configuration: SyncConfiguration, _ catalog: Catalog
  ) -> [SQL] {
    guard let facts = catalog.tables[configuration.targetName(table.target)] else { return [] }
    return table.references.flatMap { reference -> [SQL] in
      guard let parent = catalog.tables[configuration.targetName(reference.parent)] else { return [] }
      let named = reference.parentColumns.identifiers
      let referenced = named.isEmpty ? parent.primaryKey?.columns ?? [] : named
      let equality = equality(of: referenced, in: parent)
      return zip(zip(reference.columns.identifiers, referenced), equality).compactMap { pair, equality in
        guard let column = facts.column(pair.0)?.type, let other = parent.column(pair.1)?.type, column != other else {
          return nil
        }
        return trial(column, other, by: equality)
      }
    }
  }
}
