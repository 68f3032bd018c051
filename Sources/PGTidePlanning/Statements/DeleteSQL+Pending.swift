import PostgresValues

/// Rows that would go, and to which rows refer that are written in the same transaction.
extension DeleteSQL {
  /// Lets the rows go again to which a row refers that is about to be written: a statement for each key of `tables` by which that
  /// can be. What stands on the target already, ``spare`` looks at.
  ///
  /// - Parameter tables: those that are written in this transaction.
  package func spare(beside tables: [TablePlan]) -> [SQL] {
    deletes.dependents.flatMap { dependent in
      tables.filter { $0.target == dependent.table }.compactMap { spare(dependent, writtenFrom: $0) }
    }
  }

  /// `nil` where the source fills not all columns of the key.
  private func spare(_ dependent: Dependent, writtenFrom child: TablePlan) -> SQL? {
    let values = dependent.columns.compactMap { name in child.columns.first { $0.name == name }?.guardedValue }
    guard values.count == dependent.columns.count else { return nil }
    let matches = zip(zip(dependent.referenced, dependent.equality), values).map { pair, value in
      "t.\(pair.0) \(pair.1) \(value)" as SQL
    }.joined(separator: " AND ")
    return """
      UPDATE \(delta) d SET verdict = \(literal: Verdict.delete)
      FROM \(table.targetRows) t
      WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleting) AND \(isPlace)
        AND EXISTS (SELECT FROM \(child.stage.stage) s JOIN \(child.stage.delta) w ON w.row_id OPERATOR(pg_catalog.=) s.ctid
          WHERE w.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update]) AND \(matches))
      """
  }
}
