import PostgresValues

/// Foreign keys that write to rows when those are updated to which they refer.
extension TablePlanning {
  /// The foreign keys through which updates of this table, or what other updates write to it, write to other rows.
  package mutating func referrerPlans(_ facts: TableFacts, columns: [ColumnPlan]) -> [ReferrerPlan] {
    let set = Dictionary(uniqueKeysWithValues: columns.filter(\.isSet).map { ($0.name, $0) })
    let isAllowed = table.onUpdate == .allow
    return facts.referrers.compactMap { referrer in
      guard referrer.referenced.contains(where: { mayBeWritten($0, of: facts) }) else { return nil }
      let plan = ReferrerPlan(
        rows: rows(referrer), values: referrer.referenced.map { name in set[name]?.value ?? "t.\(name)" },
        isAllowed: isAllowed)
      guard referrer.referenced.contains(where: { set[$0] != nil }) else { return plan }
      if plan.isGuarded, let hidden = hidden(referrer) {
        refuse(
          "rows of \(hidden.table) refer to it \(hidden.action.name) (\(hidden.name)), and not all of them can be seen, so "
            + "that an update might write to rows that are not ours",
          "Grant SELECT on \(hidden.table.quoted), or say `on_update: allow` for this table")
      }
      notices.append(
        "rows of \(referrer.table) refer to \(referrer.referenced.joined(separator: ", ")) \(referrer.action.name) "
          + "(\(referrer.name)): an update of such a row " + Self.consequence(plan))
      return plan
    }
  }

  private static func consequence(_ plan: ReferrerPlan) -> String {
    if plan.isAllowed { return "writes to them, too, as configured" }
    if case .others = plan.rows.owner { return "is rejected" }
    return plan.rows.mayBeOthers
      ? "is rejected if it would write to one that is not ours" : "writes to them, too, and they are compared again"
  }

  private func rows(_ referrer: Referrer, behind seen: [Referrer] = []) -> ReferringRows {
    ReferringRows(
      name: referrer.name, table: referrer.table, isPartitioned: referrer.isPartitioned, action: referrer.action,
      columns: referrer.columns, referenced: referrer.referenced, equality: referrer.equality,
      owner: owner(of: referrer.table),
      further: further(referrer, behind: seen).map { rows($0, behind: seen + [referrer]) })
  }

  /// Foreign keys that refer to the columns which the server writes through this one. Those of a table that is not of the run
  /// do not matter: its rows are others' themselves.
  private func further(_ referrer: Referrer, behind seen: [Referrer]) -> [Referrer] {
    guard configuration.tables.contains(where: { configuration.targetName($0.target) == referrer.table }) else {
      return []
    }
    let passed = Set((seen + [referrer]).map { QualifiedName($0.table.schema, $0.name) })
    return (target.catalog.tables[referrer.table]?.referrers ?? []).filter { next in
      !passed.contains(QualifiedName(next.table.schema, next.name))
        && !Set(next.referenced).isDisjoint(with: referrer.columns)
    }
  }

  /// The first of these foreign keys whose rows the session's user does not see.
  private func hidden(_ referrer: Referrer, behind seen: [Referrer] = []) -> Referrer? {
    if !referrer.canRead { return referrer }
    return further(referrer, behind: seen).lazy.compactMap { hidden($0, behind: seen + [referrer]) }.first
  }

  /// Whose the rows of a table are that refer to those of this one.
  func owner(of name: QualifiedName) -> ReferringRows.Owner {
    guard let other = configuration.tables.first(where: { configuration.targetName($0.target) == name }) else {
      return .others
    }
    switch other.origin ?? configuration.origin {
    case .allRowsAreOurs: return .ours
    case .marker(let column, let ours, let null):
      guard let marker = target.catalog.tables[name]?.column(column.identifier) else { return .others }
      return .marked(OriginPlan(marker, ours: ours, null: null))
    case nil: return .others
    }
  }

  /// The foreign key through which an update of another table of the run, or of this one, may write to rows of this one.
  package func writtenThrough(_ facts: TableFacts) -> ForeignKey? {
    facts.foreignKeys.first { mayWrite($0, seen: [facts.name]) }
  }

  /// The column is set by updates, or is written through a foreign key of the table.
  private func mayBeWritten(_ column: Identifier, of facts: TableFacts, seen: [QualifiedName] = []) -> Bool {
    guard let other = configuration.tables.first(where: { configuration.targetName($0.target) == facts.name }) else {
      return false
    }
    let key = other.key.isEmpty ? facts.primaryKey?.columns ?? [] : other.key.identifiers
    if facts.column(column).map({ isSet($0, key: key) }) ?? true { return true }
    return facts.foreignKeys.contains { $0.columns.contains(column) && mayWrite($0, seen: seen + [facts.name]) }
  }

  private func mayWrite(_ key: ForeignKey, seen: [QualifiedName]) -> Bool {
    guard key.updateAction != nil, key.isEnforced else { return false }
    return ([key.parent] + key.parentKin).contains { parent in
      guard let facts = target.catalog.tables[parent] else { return false }
      if seen.dropFirst().contains(parent) { return false }
      return key.parentColumns.contains { mayBeWritten($0, of: facts, seen: seen) }
    }
  }
}
