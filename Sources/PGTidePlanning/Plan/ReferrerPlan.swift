import PostgresValues

/// A foreign key by which other rows refer to those of a table, and through which an update that sets a referenced column
/// writes to them (ON UPDATE CASCADE, SET NULL or SET DEFAULT).
package struct ReferrerPlan: Sendable {
  /// The rows that refer to the table's.
  package let rows: ReferringRows
  /// What an update makes of the referenced columns, from the staged row `s` and the target's row `t`.
  package let values: [SQL]
  /// An update is let through whoever refers to the row (`on_update: allow`).
  package let isAllowed: Bool

  package var name: Identifier { rows.name }
  /// The table that has the foreign key.
  package var table: QualifiedName { rows.table }
  package var columns: [Identifier] { rows.columns }
  package var referenced: [Identifier] { rows.referenced }

  /// Whose rows have to be looked for before a row that they refer to is updated.
  package var isGuarded: Bool { !isAllowed && rows.mayBeOthers }

  /// An update from the staged row `s` gives the referenced columns of `t` another image, which is what the server's own
  /// trigger looks at.
  package var isChanged: SQL {
    let standing = referenced.map { "t.\($0)" as SQL }.joined(separator: ", ")
    return """
      ROW(\(values.joined(separator: ", ")))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(standing))::pg_catalog.record
      """
  }

  /// An update from `s` would write to a row that is not ours.
  package var wouldWriteOthers: SQL { "\(isChanged) AND \(rows.hasOthers(of: "t"))" }
}

/// Rows that refer to others by a foreign key with ON UPDATE CASCADE, SET NULL or SET DEFAULT.
package struct ReferringRows: Sendable {
  /// The foreign key's.
  package let name: Identifier
  /// The table that has it.
  package let table: QualifiedName
  package let isPartitioned: Bool
  package let action: UpdateAction
  /// Its columns there, and those that they refer to.
  package let columns: [Identifier]
  package let referenced: [Identifier]
  package let equality: [SQL]
  /// Which of the rows are the run's own; those of a table that is not of the run are not.
  package let owner: Owner
  /// Rows that refer in their turn to the columns that the server writes here.
  package let further: [ReferringRows]

  package enum Owner: Sendable {
    case others
    /// All rows of the table are ours.
    case ours
    case marked(OriginPlan)
  }

  /// Some of them, or of those that refer to them in their turn, may not be ours.
  package var mayBeOthers: Bool {
    if case .ours = owner { return further.contains(where: \.mayBeOthers) }
    return true
  }

  /// The rows, called `alias`, that refer to `parent`, as FROM and WHERE take them.
  package func referring(to parent: SQL, as alias: SQL) -> SQL {
    let matches = zip(zip(referenced, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(alias).\(column)" as SQL
    }.joined(separator: " AND ")
    return "\(table.rows(isPartitioned: isPartitioned)) \(alias) WHERE \(matches)"
  }

  /// A row that is not ours refers to `parent`, or to a row that does.
  fileprivate func hasOthers(of parent: SQL, depth: Int = 1) -> SQL {
    let alias: SQL = "c\(depth)"
    let rows = referring(to: parent, as: alias)
    var conditions = further.filter(\.mayBeOthers).map { $0.hasOthers(of: alias, depth: depth + 1) }
    switch owner {
    case .others: return "EXISTS (SELECT FROM \(rows))"
    case .ours: break
    case .marked(let origin): conditions.insert("NOT \(origin.isOurs(alias))", at: 0)
    }
    return "EXISTS (SELECT FROM \(rows) AND (\(conditions.joined(separator: " OR "))))"
  }
}

extension TablePlan {
  /// An update from the staged row `s` would write to somebody else's row through a foreign key that points at `t`; `nil`
  /// where none can.
  package var wouldWriteOthers: SQL? {
    let conditions = referrers.filter(\.isGuarded).map { "(\($0.wouldWriteOthers))" as SQL }
    return conditions.isEmpty ? nil : "(\(conditions.joined(separator: " OR ")))"
  }

  /// What is written to it may write to that table, or, if it is the table itself, to other rows of it.
  package func mayWrite(to child: QualifiedName) -> Bool { referrers.contains { $0.table == child } }
}
