import Postgres

/// A foreign key by which other rows refer to those of a table, and through which an update that sets a referenced column
/// writes to them (ON UPDATE CASCADE, SET NULL or SET DEFAULT).
struct ReferrerPlan: Sendable {
  let name: Identifier
  /// The table that has the foreign key.
  let table: QualifiedName
  let isPartitioned: Bool
  let action: UpdateAction
  /// Its columns there.
  let columns: [Identifier]
  /// The referenced columns, and what an update makes of them, from the staged row `s` and the target's row `t`.
  let referenced: [Identifier]
  let values: [SQL]
  let equality: [SQL]
  /// An update is let through whoever refers to the row (`on_update: allow`).
  let isAllowed: Bool
  /// Which of the rows that refer are the run's own; those of a table that is not of the run are not.
  var owner: Owner = .others

  enum Owner: Sendable {
    case others
    /// All rows of the table are ours.
    case ours
    case marked(OriginPlan)
  }

  /// Whose rows have to be looked for before a row that they refer to is updated.
  var isGuarded: Bool {
    if case .ours = owner { return false }
    return !isAllowed
  }

  /// An update from the staged row `s` gives the referenced columns of `t` another image, which is what the server's own
  /// trigger looks at.
  var isChanged: SQL {
    """
    ROW(\(values.joined(separator: ", ")))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(standing))::pg_catalog.record
    """
  }

  private var standing: SQL { referenced.map { "t.\($0)" as SQL }.joined(separator: ", ") }

  /// The rows `c` that refer to `t`, as FROM and WHERE take them.
  var referring: SQL {
    let matches = zip(zip(referenced, equality), columns).map { pair, column in
      "t.\(pair.0) \(pair.1) c.\(column)" as SQL
    }.joined(separator: " AND ")
    return "\(table.rows(isPartitioned: isPartitioned)) c WHERE \(matches)"
  }

  /// An update from `s` would write to a row that refers to `t` and is not ours.
  var wouldWriteOthers: SQL {
    let foreign: SQL = if case .marked(let origin) = owner { " AND NOT \(origin.isOurs("c"))" } else { "" }
    return "\(isChanged) AND EXISTS (SELECT FROM \(referring)\(foreign))"
  }
}

extension TablePlan {
  /// An update from the staged row `s` would write to somebody else's row through a foreign key that points at `t`; `nil`
  /// where none can.
  var wouldWriteOthers: SQL? {
    let conditions = referrers.filter(\.isGuarded).map { "(\($0.wouldWriteOthers))" as SQL }
    return conditions.isEmpty ? nil : "(\(conditions.joined(separator: " OR ")))"
  }

  /// Its updates may write to that table, or, if it is the table itself, to other rows of it.
  func mayWrite(to child: TablePlan) -> Bool { referrers.contains { $0.table == child.target } }
}

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
      guard let marker = target.catalog.tables[name]?.column(column) else { return .others }
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
        let parentKey = other.key.isEmpty ? facts.primaryKey?.columns ?? [] : other.key
        return key.parentColumns.contains { name in
          facts.column(name).map { isSet($0, key: parentKey) } ?? true
        }
      }
    }
  }
}
