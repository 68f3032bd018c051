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

extension TablePlan {
  /// An update from the staged row `s` would write to somebody else's row through a foreign key that points at `t`; `nil`
  /// where none can.
  package var wouldWriteOthers: SQL? {
    let conditions = referrers.filter(\.isGuarded).map { "(\($0.wouldWriteOthers))" as SQL }
    return conditions.isEmpty ? nil : "(\(conditions.joined(separator: " OR ")))"
  }

  /// What is written to it may write to that table, or, if it is the table itself, to other rows of it.
  package func mayWrite(to child: QualifiedName) -> Bool {
    referrers.contains { $0.table == child } || followers.flatMap(\.all).contains { $0.table == child }
  }
}
