import PostgresValues

/// The columns that identify a row on both sides.
package struct KeyPlan: Sendable {
  package let columns: [ColumnPlan]
  /// The index's own operator for "the same key", a column.
  package let equality: [SQL]
  package let index: Identifier
  /// Two rows with NULL in a column have the same key.
  package var takesNull = false
  /// Columns whose values have fields. With a NULL among these, a value is neither NULL nor not NULL.
  package var composites: Set<Identifier> = []
  /// `nil`: it stands on both ends. Otherwise only the target has it, and the staged row that of its partner.
  package var pairing: PairingPlan?

  /// Columns that say to a person which row it is.
  package var naming: [ColumnPlan] { pairing?.match ?? columns }

  /// Whether the target's row `target` has the key of the staged row.
  package func matches(target: SQL) -> SQL {
    columns.indices.map { place in
      let column = columns[place]
      let isSame = isSame("\(target).\(column.name)", column.guardedValue, at: place)
      // The guarded value of one that does not fit is NULL as well, which is no key.
      guard let fits = column.fits, takesNull(at: place) else { return isSame }
      return "\(isSame) AND \(fits)"
    }.joined(separator: " AND ")
  }

  /// Whether two values of a column are the same key. Arrays take NULLs in them for equal, and are hashed and sorted for a
  /// join, where a condition with OR would be asked for each pair of rows.
  package func isSame(_ left: SQL, _ right: SQL, at place: Int) -> SQL {
    takesNull(at: place)
      ? "ARRAY[\(left)] OPERATOR(pg_catalog.=) ARRAY[\(right)]" : "\(left) \(equality[place]) \(right)"
  }

  /// The column's value may be NULL.
  package func takesNull(at place: Int) -> Bool { takesNull && !columns[place].isNotNull }

  /// Columns without which a row of the target has no key.
  package var requiredColumns: [ColumnPlan] { columns.indices.filter { !takesNull(at: $0) }.map { columns[$0] } }

  /// Columns without which a staged row is rejected. One without a partner has no key yet.
  package var demandedColumns: [ColumnPlan] { pairing == nil ? requiredColumns : [] }

  /// Whether the joined row `target` is there: of a row that has a key, these are never NULL.
  package func isAbsent(_ target: SQL) -> SQL { "\(target).\(presence) IS NULL" }
  package func isPresent(_ target: SQL) -> SQL { "\(target).\(presence) IS NOT NULL" }

  /// Whether the target's row `target` has a value in this column.
  package func isThere(_ column: ColumnPlan, in target: SQL) -> SQL {
    composites.contains(column.name)
      ? "pg_catalog.num_nulls(\(target).\(column.name)) OPERATOR(pg_catalog.=) 0"
      : "\(target).\(column.name) IS NOT NULL"
  }

  private var presence: SQL { requiredColumns.first { !composites.contains($0.name) }.map { "\($0.name)" } ?? "ctid" }
}
