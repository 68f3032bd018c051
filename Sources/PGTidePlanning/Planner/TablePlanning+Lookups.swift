import PostgresValues

extension TablePlanning {
  /// The lookups on the source that the configuration has for the table's columns, as far as nothing is wrong with them.
  package mutating func lookupPlans(_ sourceColumns: [ColumnFacts]) -> [(plan: LookupPlan, type: TypeFacts)] {
    var plans: [(plan: LookupPlan, type: TypeFacts)] = []
    for mapping in table.columns {
      guard case .lookup(let lookup) = mapping.value, lookup.end == .source else { continue }
      let column = mapping.column.identifier
      if let plan = lookupPlan(lookup, for: column, number: plans.count + 1, sourceColumns) { plans.append(plan) }
    }
    return plans
  }

  private mutating func lookupPlan(
    _ lookup: LookupConfiguration, for column: Identifier, number: Int, _ sourceColumns: [ColumnFacts]
  ) -> (plan: LookupPlan, type: TypeFacts)? {
    let relation = configuration.lookupName(lookup)
    guard let facts = source.catalog.tables[relation] else {
      refuseLookup(relation, for: column)
      return nil
    }
    let before = problems.count
    checkSource(facts)
    let take = lookedUp(lookup.take.identifier, in: facts, for: column, under: "take")
    let matches = lookup.by.compactMap { match($0, in: facts, for: column, sourceColumns) }
    let names = lookup.by.map(\.column.identifier) + [lookup.take.identifier]
    checkReadable(names.compactMap { facts.column($0) }, of: facts, for: column)
    guard problems.count == before, let take else { return nil }
    noteChildren(of: facts, for: column, on: "source")
    let blockSize = source.catalog.server.blockSize
    let pages = facts.kind == .partitioned ? facts.leaves.map(\.pages).reduce(0, +) : facts.pages
    let plan = LookupPlan(
      number: number, column: column, relation: relation, kind: facts.kind, matches: matches, take: take.name,
      missing: lookup.missing, bytes: pages * blockSize, shape: facts.shape)
    return (plan, take.type)
  }

  /// The source has no such table. The target's name of a table is a likely mistake where the source has another one.
  private mutating func refuseLookup(_ relation: QualifiedName, for column: Identifier) {
    let namesake = configuration.tables.first {
      $0.target.name.identifier == relation.name && configuration.sourceName($0) != relation
    }
    let advice =
      if let namesake, let name = configuration.sourceName(namesake) {
        "On the source, the table of the target's \(namesake.target) is \(name): name that one under `lookup`"
      } else if let namesake {
        "The target's \(namesake.target) comes from a query; name a table of the source under `lookup`"
      } else {
        Self.advice(on: relation, among: source.alternatives) + "Correct its name under `lookup`, or its schema"
      }
    refuse("the source has no table or view \(relation), in which column \(column) is looked up", advice)
  }

  private mutating func lookedUp(
    _ name: Identifier, in facts: TableFacts, for column: Identifier, under key: String
  ) -> ColumnFacts? {
    if let found = facts.column(name) { return found }
    let use = key == "take" ? "which column \(column) takes" : "by which column \(column) is looked up"
    refuse(
      "\(facts.name) on the source has no column \(name), \(use)",
      NearestName.advice(for: name, among: facts.columns.map(\.name)) ?? "Correct its name under `\(key)`")
    return nil
  }

  mutating func match(
    _ match: LookupConfiguration.Match, in facts: TableFacts, for column: Identifier, _ sourceColumns: [ColumnFacts]
  ) -> LookupPlan.Match? {
    let looked = lookedUp(match.column.identifier, in: facts, for: column, under: "by")
    guard let value = referring(match.value.identifier, in: sourceColumns, for: column, facts) else { return nil }
    guard let looked else { return nil }
    guard let equality = LookupTypes.equality(looked.type, value.type) else {
      refuse(
        "column \(column) is looked up by \(facts.name).\(looked.name), which is \(looked.type.label), and no equality "
          + "compares it with \(value.name), which is \(value.type.label)",
        "Look it up by columns of one type; a `query`, or a view on the source, can cast one of them")
      return nil
    }
    // The looked-up column says which texts are equal.
    let isCollated = BuiltinType.isText(looked.type.baseOID) && looked.collation != value.collation
    let collation = looked.collation.map { "\($0)" as SQL } ?? "pg_catalog.\"default\""
    return LookupPlan.Match(
      column: looked.name, isDecidedByBytes: LookupTypes.isDecidedByBytes(looked), from: value.name,
      value: isCollated ? "src.\(value.name) COLLATE \(collation)" : "src.\(value.name)", equality: equality)
  }

  /// Rows of tables that inherit from it are others.
  mutating func noteChildren(of facts: TableFacts, for column: Identifier, on end: String) {
    guard facts.kind == .table, facts.childCount > 0 else { return }
    let tables = facts.childCount == 1 ? "the table that inherits" : "the \(facts.childCount) tables that inherit"
    notices.append("column \(column) is looked up in \(facts.name) without the rows of \(tables) from it on the \(end)")
  }

  /// The source row's column of this name, by which something is looked up.
  package mutating func referring(
    _ name: Identifier, in sourceColumns: [ColumnFacts], for column: Identifier, _ facts: TableFacts
  ) -> ColumnFacts? {
    guard let value = sourceColumns.first(where: { $0.name == name }) else {
      refuse(
        "the source row has no column \(name), by which column \(column) is looked up in \(facts.name)",
        NearestName.advice(for: name, among: sourceColumns.map(\.name)) ?? "Correct its name under `by`")
      return nil
    }
    if !value.canSelect, !unreadable.contains(value.name) { unreadable.append(value.name) }
    return value
  }

  mutating func checkReadable(_ columns: [ColumnFacts], of facts: TableFacts, for column: Identifier) {
    let refused = columns.filter { !$0.canSelect }.map(\.name)
    guard !facts.canSelect, !refused.isEmpty else { return }
    let user = source.catalog.server.user
    let names = Set(refused).sorted()
    refuse(
      "\(user) may not read \(facts.name) on the source, in which column \(column) is looked up: \(names.joined(separator: ", "))",
      "GRANT SELECT (\(names.map(\.quoted).joined(separator: ", "))) ON \(facts.name.quoted) TO \(Identifier(user).quoted)"
    )
  }
}
