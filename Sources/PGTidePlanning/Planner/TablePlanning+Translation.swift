import PostgresValues

/// How a row that the source names by a key of its own is found on the target, which gives it another key: by the columns by
/// which its table's rows are matched.
package struct LookupTranslation: Sendable {
  /// Lookups on the source, one for each match column.
  package let lookups: [LookupPlan]
  /// The match columns, with the source's columns that they get their values from.
  package let matches: [TargetLookupDraft.Match]
  /// The source row's columns that refer.
  package let referring: [ColumnFacts]
  /// Rows are paired by the match columns, and not known by them for a key.
  package let isPaired: Bool
}

extension TablePlanning {
  /// The source's column of this name has other values than the target's, in rows that the configuration brings: the target makes
  /// them, or it is under `skip`.
  func isTranslated(_ column: Identifier, in facts: TableFacts) -> Bool {
    guard let entry = configuration.entry(of: facts), !entry.fills(column),
      let relation = configuration.sourceName(entry), source.catalog.tables[relation]?.column(column) != nil
    else { return false }
    return entry.skip.identifiers.contains(column) || entry.madeByTarget(whole(facts, of: entry)).contains(column)
  }

  /// What is known of the table of an entry, with which `facts` shares rows.
  func whole(_ facts: TableFacts, of entry: TableConfiguration) -> TableFacts {
    target.catalog.tables[configuration.targetName(entry.target)] ?? facts
  }

  /// Refuses to look up by a key that only the target makes, where the other table is read by a query: what the source calls
  /// its own key cannot be translated.
  mutating func refuseKeysOfQuery(_ lookup: LookupConfiguration, in facts: TableFacts, for column: Identifier) {
    guard let entry = configuration.entry(of: facts), configuration.sourceName(entry) == nil else { return }
    let made = entry.madeByTarget(whole(facts, of: entry))
    for match in lookup.by where made.contains(match.column.identifier) {
      refuse(
        "column \(column) is looked up by \(facts.name).\(match.column), which only the target makes, and \(entry.target) is read "
          + "by a query, of which no key of the source's is known",
        "Look it up by the columns under `match` of \(entry.target), or read that from a table or view (`from`, `where`)"
      )
    }
  }

  /// - Parameter made: the columns whose values are the target's own there, and the source's own here.
  mutating func translation(
    of lookup: LookupConfiguration, by made: [LookupConfiguration.Match], in facts: TableFacts, for column: Identifier,
    _ sourceColumns: [ColumnFacts]
  ) -> LookupTranslation? {
    guard let entry = configuration.entry(of: facts), let relation = configuration.sourceName(entry),
      let parent = source.catalog.tables[relation]
    else { return nil }
    let names = made.map(\.column.identifier.name).joined(separator: ", ")
    let matched = entry.telling
    guard !matched.isEmpty else {
      refuse(
        "column \(column) is looked up by \(facts.name).\(names), which only the target makes, and nothing tells which of its "
          + "rows a row of \(relation) on the source is",
        "Name under `match` of \(entry.target) the columns that identify a row on both ends, or look it up by such columns"
      )
      return nil
    }
    let before = problems.count
    let keys = made.compactMap { match($0, in: parent, for: column, sourceColumns) }
    let values =
      keys.count < made.count
      ? [] : made.compactMap { referring($0.value.identifier, in: sourceColumns, for: column, parent) }
    let matches = matched.compactMap { translated($0, of: entry, in: facts, from: parent, for: column) }
    let read = made.compactMap { parent.column($0.column.identifier) } + matches.map(\.value)
    checkReadable(read, of: parent, for: column)
    checkSource(parent)
    for key in values where !key.type.isPortable {
      refuse(
        "column \(column) is looked up by \(key.name), which is \(key.type.label) on the source",
        "Look it up by columns of one built-in type; a `query`, or a view on the source, can cast one of them")
    }
    guard problems.count == before else { return nil }
    let first = lookups.count + targetLookups.map { $0.translation?.lookups.count ?? 0 }.reduce(1, +)
    let pages = parent.kind == .partitioned ? parent.leaves.map(\.pages).reduce(0, +) : parent.pages
    let plans = matches.enumerated().map { place, match in
      LookupPlan(
        number: first + place, column: column, relation: relation, kind: parent.kind, matches: keys,
        take: match.value.name, missing: lookup.missing, bytes: pages * source.catalog.server.blockSize,
        shape: parent.shape)
    }
    return LookupTranslation(lookups: plans, matches: matches, referring: values, isPaired: entry.pairing != nil)
  }

  /// The source's column that a match column gets its values from.
  private mutating func translated(
    _ name: Identifier, of entry: TableConfiguration, in facts: TableFacts, from parent: TableFacts,
    for column: Identifier
  ) -> TargetLookupDraft.Match? {
    guard let looked = facts.column(name) else {
      refuse(
        "\(facts.name) on the target has no column \(name), by which column \(column) is looked up",
        "Correct its name in the entry of \(entry.target)")
      return nil
    }
    let mapping = entry.columns.first { $0.column.identifier == name }?.value ?? .renamed(ObjectName(name.name))
    guard case .renamed(let from) = mapping, let value = parent.column(from.identifier) else {
      refuse(
        "column \(column) is looked up in \(facts.name), whose rows are matched by \(name), which is no column of "
          + "\(parent.name) on the source",
        "Match the rows of \(entry.target) by columns of the source, or look column \(column) up by what the source row has"
      )
      return nil
    }
    guard value.type.isPortable, let equality = LookupTypes.equality(looked.type, value.type) else {
      refuse(
        "column \(column) is looked up by \(facts.name).\(looked.name), which is \(looked.type.label), and no equality "
          + "compares it with \(value.name), which is \(value.type.label) on the source",
        "Match the rows of \(entry.target) by columns of one built-in type, or look column \(column) up by others")
      return nil
    }
    return TargetLookupDraft.Match(looked: looked, value: value, equality: equality)
  }
}
