import Postgres

extension SyncConfiguration {
  func targetName(_ name: TableName) -> QualifiedName { QualifiedName(name.schema ?? target.schema, name.name) }

  /// The source's relation; `nil` where it is a query.
  func sourceName(_ table: TableConfiguration) -> QualifiedName? {
    switch table.source {
    // A target schema does not say where the table stands on the source.
    case .sameName: QualifiedName(source.schema, table.target.name)
    case .relation(let name): QualifiedName(name.schema ?? source.schema, name.name)
    case .query: nil
    }
  }

  func sourceFrom(_ table: TableConfiguration) -> SQL {
    if case .query(let query) = table.source { return "(\(SQL(users: query))) AS src" }
    return sourceName(table).map { "\($0) AS src" } ?? ""
  }

  var sourceRelations: [QualifiedName] { tables.compactMap(sourceName) }

  /// The tables, the parents of references that only the configuration knows, and the users' status table.
  var targetRelations: [QualifiedName] {
    let parents = tables.flatMap(\.references).map { targetName($0.parent) }
    return Set(tables.map { targetName($0.target) } + parents + [metadataTable].compactMap(\.self)).sorted()
  }

  var metadataTable: QualifiedName? {
    metadata.enabled ? QualifiedName(metadata.schema ?? target.schema, metadata.table) : nil
  }
}
