import PostgresValues

extension SyncConfiguration {
  package func targetName(_ name: TableName) -> QualifiedName { QualifiedName(name.schema ?? target.schema, name.name) }

  /// The other names under which the configuration could write a table of the target, and may have before: with its schema,
  /// and without it, where that is the default.
  package func otherNames(of name: TableName) -> [String] {
    let target = targetName(name)
    let bare = target.schema == self.target.schema.identifier ? [target.name.name] : []
    return (["\(target)"] + bare).filter { $0 != name.description }
  }

  /// The source's relation; `nil` where it is a query.
  package func sourceName(_ table: TableConfiguration) -> QualifiedName? {
    switch table.source {
    case .sameName: QualifiedName(source.schema, table.target.name)
    case .relation(let name): QualifiedName(name.schema ?? source.schema, name.name)
    case .query: nil
    }
  }

  package func sourceFrom(_ table: TableConfiguration) -> SQL {
    if case .query(let query) = table.source { return "(\(SQL(users: query))) AS src" }
    return sourceName(table).map { "\($0) AS src" } ?? ""
  }

  /// All that may be read: of a table that the file names with its schema, that of the same schema, too.
  package var sourceRelations: [QualifiedName] { tables.flatMap(sourceCandidates) + sourceLookups }

  /// The source's tables that columns are looked up in, and those whose rows tell which row of the target is meant.
  package var sourceLookups: [QualifiedName] {
    tables.flatMap(\.columns).compactMap { mapping in
      guard case .lookup(let lookup) = mapping.value else { return nil }
      return lookup.end == .source ? lookupName(lookup) : entry(of: lookupName(lookup)).flatMap(sourceName)
    } + possibleWholes.compactMap(sourceName)
  }

  /// What is looked up in a table of no entry may be a partition of one that is left out of the run, or have it for a partition:
  /// only the target knows.
  private var possibleWholes: [TableConfiguration] {
    targetLookups.allSatisfy { entry(of: $0) != nil } ? [] : leftOut
  }

  /// What the configuration says of a table of the target, also if it is left out of the run.
  package func entry(of table: QualifiedName) -> TableConfiguration? {
    (tables + leftOut).first { targetName($0.target) == table }
  }

  /// The same of a table that may be a partition of one that has an entry, or have partitions with one.
  package func entry(of facts: TableFacts) -> TableConfiguration? {
    ([facts.name] + facts.kin).lazy.compactMap(entry).first
  }

  /// The target's tables that columns are looked up in.
  package var targetLookups: [QualifiedName] {
    tables.flatMap(\.columns).compactMap { mapping in
      guard case .lookup(let lookup) = mapping.value, lookup.end == .target else { return nil }
      return lookupName(lookup)
    }
  }

  package func lookupName(_ lookup: LookupConfiguration) -> QualifiedName {
    QualifiedName(lookup.table.schema ?? (lookup.end == .source ? source : target).schema, lookup.table.name)
  }

  /// The relations that a table may be read from, the first that is there.
  package func sourceCandidates(_ table: TableConfiguration) -> [QualifiedName] {
    [namesake(table), sourceName(table)].compactMap(\.self)
  }

  /// The source's relation of the schema in which the target's table stands, if that schema is named and no other place is.
  private func namesake(_ table: TableConfiguration) -> QualifiedName? {
    guard case .sameName = table.source, let schema = table.target.schema, schema != source.schema else { return nil }
    return QualifiedName(schema, table.target.name)
  }

  /// The same with a source for `hr.people`: the source's `hr.people` where it has one, else `people` in its own schema.
  ///
  /// Returns also the relations that were passed over though they are there, by the ones that were taken.
  package func choosingSources(in catalog: Catalog) -> (
    configuration: SyncConfiguration, passedOver: [QualifiedName: QualifiedName]
  ) {
    var chosen = self
    var passedOver: [QualifiedName: QualifiedName] = [:]
    for (place, table) in tables.enumerated() {
      guard let namesake = namesake(table), catalog.tables[namesake] != nil else { continue }
      let name = TableName(schema: ObjectName(namesake.schema), name: ObjectName(namesake.name))
      chosen.tables[place].source = .relation(name)
      if let other = sourceName(table), catalog.tables[other] != nil { passedOver[namesake] = other }
    }
    return (chosen, passedOver)
  }

  /// The tables, the parents of references that only the configuration knows, what is looked into, and the users' status
  /// table.
  package var targetRelations: [QualifiedName] {
    let parents = tables.flatMap(\.references).map { targetName($0.parent) }
    // Their rows refer to those of tables that are in the run, from which rows may be deleted.
    let children = leftOut.filter { !$0.references.isEmpty }.map { targetName($0.target) }
    return Set(
      tables.map { targetName($0.target) } + parents + children + targetLookups
        + possibleWholes.map { targetName($0.target) } + [metadataTable].compactMap(\.self)
    ).sorted()
  }

  package var metadataTable: QualifiedName? {
    metadata.enabled ? QualifiedName(metadata.schema ?? target.schema, metadata.table) : nil
  }
}

extension QualifiedName {
  /// As the configuration has it.
  fileprivate init(_ schema: ObjectName, _ name: ObjectName) { self.init(schema.identifier, name.identifier) }
}
