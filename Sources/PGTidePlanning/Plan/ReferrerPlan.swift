import PostgresValues

/// A foreign key by which other rows refer to those of a table, and through which an update that sets a referenced column
/// writes to them (ON UPDATE CASCADE, SET NULL or SET DEFAULT).
package struct ReferrerPlan: Sendable {
  package let name: Identifier
  /// The table that has the foreign key.
  package let table: QualifiedName
  package let isPartitioned: Bool
  package let action: UpdateAction
  /// Its columns there.
  package let columns: [Identifier]
  /// The referenced columns, and what an update makes of them, from the staged row `s` and the target's row `t`.
  package let referenced: [Identifier]
  package let values: [SQL]
  package let equality: [SQL]
  /// An update is let through whoever refers to the row (`on_update: allow`).
  package let isAllowed: Bool
  /// Which of the rows that refer are the run's own; those of a table that is not of the run are not.
  package var owner: Owner = .others

  package enum Owner: Sendable {
    case others
    /// All rows of the table are ours.
    case ours
    case marked(OriginPlan)
  }

  /// Whose rows have to be looked for before a row that they refer to is updated.
  package var isGuarded: Bool {
    if case .ours = owner { return false }
    return !isAllowed
  }

  /// An update from the staged row `s` gives the referenced columns of `t` another image, which is what the server's own
  /// trigger looks at.
  package var isChanged: SQL {
    """
    ROW(\(values.joined(separator: ", ")))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(standing))::pg_catalog.record
    """
  }

  private var standing: SQL { referenced.map { "t.\($0)" as SQL }.joined(separator: ", ") }

  /// The rows `c` that refer to `t`, as FROM and WHERE take them.
  package var referring: SQL {
    let matches = zip(zip(referenced, equality), columns).map { pair, column in
      "t.\(pair.0) \(pair.1) c.\(column)" as SQL
    }.joined(separator: " AND ")
    return "\(table.rows(isPartitioned: isPartitioned)) c WHERE \(matches)"
  }

  /// An update from `s` would write to a row that refers to `t` and is not ours.
  package var wouldWriteOthers: SQL {
    let foreign: SQL = if case .marked(let origin) = owner { " AND NOT \(origin.isOurs("c"))" } else { "" }
    return "\(isChanged) AND EXISTS (SELECT FROM \(referring)\(foreign))"
  }
}

extension TablePlan {
  /// An update from the staged row `s` would write to somebody else's row through a foreign key that points at `t`; `nil`
  /// where none can.
  package var wouldWriteOthers: SQL? {
    let conditions = referrers.filter(\.isGuarded).map { "(\($0.wouldWriteOthers))" as SQL }
    return conditions.isEmpty ? nil : "(\(conditions.joined(separator: " OR ")))"
  }

  /// Its updates may write to that table, or, if it is the table itself, to other rows of it.
  package func mayWrite(to child: TablePlan) -> Bool { referrers.contains { $0.table == child.target } }
}
