import Postgres

extension TablePlanning {
  /// The foreign keys through which updates of this table write to other rows. One over columns that no update sets does
  /// nothing.
  mutating func referrerPlans(_ facts: TableFacts, columns: [ColumnPlan]) -> [ReferrerPlan] {
    let set = Dictionary(uniqueKeysWithValues: columns.filter(\.isSet).map { ($0.name, $0) })
    let isAllowed = table.onUpdate == .allow
    return facts.referrers.compactMap { referrer in
      guard referrer.referenced.contains(where: { set[$0] != nil }) else { return nil }
      let plan = ReferrerPlan(
        name: referrer.name, table: referrer.table, isPartitioned: referrer.isPartitioned, action: referrer.action,
        columns: referrer.columns, referenced: referrer.referenced,
        values: referrer.referenced.map { name in set[name]?.value ?? "t.\(name)" }, equality: referrer.equality,
        isAllowed: isAllowed, owner: owner(of: referrer.table))
      if plan.isGuarded, !referrer.canRead {
        refuse(
          "rows of \(referrer.table) refer to it \(referrer.action.name) (\(referrer.name)), and not all of them can be "
            + "seen, so that an update might write to rows that are not ours",
          "Grant SELECT on \(referrer.table.quoted), or say `on_update: allow` for this table")
      }
      notices.append(
        "rows of \(referrer.table) refer to \(referrer.referenced.joined(separator: ", ")) \(referrer.action.name) "
          + "(\(referrer.name)): an update of such a row " + Self.consequence(plan))
      return plan
    }
  }

  private static func consequence(_ plan: ReferrerPlan) -> String {
    if plan.isAllowed { return "writes to them, too, as configured" }
    switch plan.owner {
    case .ours: return "writes to them, too, and they are compared again"
    case .marked: return "is rejected if one of them is not ours"
    case .others: return "is rejected"
    }
  }

  private func owner(of name: QualifiedName) -> ReferrerPlan.Owner {
    guard let other = configuration.tables.first(where: { configuration.targetName($0.target) == name }) else {
      return .others
    }
    switch other.origin ?? configuration.origin {
    case .allRowsAreOurs: return .ours
    case .marker(let column, let ours):
      guard let marker = target.catalog.tables[name]?.column(column.identifier) else { return .others }
      return .marked(OriginPlan(column: marker.name, type: SQL(raw: marker.type.sql), ours: ours))
    case nil: return .others
    }
  }

  /// The foreign key through which an update of another table of the run, or of this one, may write to rows of this one.
  func writtenThrough(_ facts: TableFacts) -> ForeignKey? {
    facts.foreignKeys.first { key in
      guard key.updateAction != nil, key.isEnforced else { return false }
      return ([key.parent] + key.parentKin).contains { parent in
        guard let other = configuration.tables.first(where: { configuration.targetName($0.target) == parent }),
          let facts = target.catalog.tables[parent]
        else { return false }
        let parentKey = other.key.isEmpty ? facts.primaryKey?.columns ?? [] : other.key.identifiers
        return key.parentColumns.contains { name in
          facts.column(name).map { isSet($0, key: parentKey) } ?? true
        }
      }
    }
  }
}
