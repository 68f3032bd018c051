import PostgresValues

/// The statement that locks the parents of inserted rows, and counts the keys that have none.
package struct OrphanSQL: Sendable {
  package let table: TablePlan
  package let rows: Rows

  package init(table: TablePlan, rows: Rows) {
    self.table = table
    self.rows = rows
  }

  /// Where the inserted rows are found.
  package enum Rows {
    case stage
    case delta
    case table
  }

  /// For each of the foreign keys, the number of keys without a parent.
  ///
  /// The rows are read once: for several foreign keys, their combinations of values are found first. Each key is looked
  /// for among the locked parents by the foreign key's own operators. Their numbers are not compared: that would rest on
  /// every key finding one parent at most.
  package func count(_ keys: [ReferencePlan]) -> SQL {
    let isOne = keys.count == 1
    var expressions: [SQL] = isOne ? [] : [combinations(of: keys)]
    var counts: [SQL] = []
    for (index, key) in keys.enumerated() {
      let number: SQL = isOne ? "" : "_\(index + 1)"
      expressions.append("\(isOne ? keysOfRows(key) : keysOfCombinations(key, number)),\n\(locking(key, number))")
      counts.append(
        """
        (SELECT pg_catalog.count(*) FROM referring\(number) r
            WHERE NOT EXISTS (SELECT FROM locked\(number) p WHERE \(matches(key))))
        """)
    }
    return "WITH \(expressions.joined(separator: ",\n"))\nSELECT \(counts.joined(separator: ",\n  "))"
  }

  private func keysOfRows(_ key: ReferencePlan) -> SQL {
    let values = key.columns.enumerated().map { "\(value($1)) AS k\($0 + 1)" as SQL }.joined(separator: ", ")
    let present = key.columns.map { "(\(value($0))) IS NOT NULL" as SQL }.joined(separator: " AND ")
    return """
      referring AS MATERIALIZED (
        SELECT DISTINCT \(values)
        FROM \(inserted)
        WHERE \(present)\(isInserted.map { " AND \($0)" } ?? "")
      )
      """
  }

  private func combinations(of keys: [ReferencePlan]) -> SQL {
    var columns: [ColumnPlan] = []
    for column in keys.flatMap(\.columns) where !columns.contains(where: { $0.name == column.name }) {
      columns.append(column)
    }
    let values = columns.map { "\(value($0)) AS \($0.name)" as SQL }.joined(separator: ", ")
    return """
      combinations AS MATERIALIZED (
        SELECT DISTINCT \(values)
        FROM \(inserted)\(isInserted.map { "\n  WHERE \($0)" } ?? "")
      )
      """
  }

  private func keysOfCombinations(_ key: ReferencePlan, _ number: SQL) -> SQL {
    let values = key.columns.enumerated().map { "c.\($1.name) AS k\($0 + 1)" as SQL }.joined(separator: ", ")
    let present = key.columns.map { "(c.\($0.name)) IS NOT NULL" as SQL }.joined(separator: " AND ")
    return """
      referring\(number) AS MATERIALIZED (
        SELECT DISTINCT \(values) FROM combinations c WHERE \(present)
      )
      """
  }

  private func locking(_ key: ReferencePlan, _ number: SQL) -> SQL {
    let parentKeys = key.parentColumns.map { "p.\($0)" as SQL }.joined(separator: ", ")
    return """
      locked\(number) AS MATERIALIZED (
        SELECT \(parentKeys) FROM \(key.parentRows) p JOIN referring\(number) r ON \(matches(key))
        FOR KEY SHARE OF p
      )
      """
  }

  /// The parent `p` has the key `r`.
  private func matches(_ key: ReferencePlan) -> SQL {
    zip(key.parentColumns, key.equality).enumerated().map { index, pair in
      "p.\(pair.0) \(pair.1) r.k\(index + 1)" as SQL
    }.joined(separator: " AND ")
  }

  // MARK: - The inserted rows

  private var inserted: SQL {
    switch rows {
    case .stage: "\(table.stage.stage) s"
    case .delta: "\(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id"
    case .table: "\(table.targetRows) t"
    }
  }

  /// `nil`: all of them are.
  private var isInserted: SQL? {
    if case .delta = rows { "d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert)" } else { nil }
  }

  private func value(_ column: ColumnPlan) -> SQL {
    switch rows {
    case .stage, .delta: column.value
    case .table: "t.\(column.name)"
    }
  }
}
