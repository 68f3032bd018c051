import PostgresValues

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
  func hasOthers(of parent: SQL, depth: Int = 1) -> SQL {
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
