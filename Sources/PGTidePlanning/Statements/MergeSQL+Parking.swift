import PostgresValues

/// Rows that exchange unique values.
extension MergeSQL {
  /// Has the part's rows give up the unique values that their update changes. It is guarded like the update, and answers the
  /// same; the rows are written for good before the sub-transaction ends.
  ///
  /// - Parameter part: an array of the stage's row identifiers.
  package func park(_ part: SQL) -> SQL? {
    guard !table.parkedColumns.isEmpty else { return nil }
    let row: SQL = "pg_catalog.array_position(\(part), s.ctid)"
    let changed = table.parkedColumns.map { parked in
      "ROW(\(parked.column.value))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t.\(parked.column.name))::pg_catalog.record"
        as SQL
    }
    let assignments = zip(table.parkedColumns, changed).map { parked, isChanged -> SQL in
      let place: SQL =
        switch parked.place {
        case .null: "NULL"
        case .value(let value): value(row)
        }
      return "\(parked.column.name) = (CASE WHEN \(isChanged) THEN \(place) ELSE t.\(parked.column.name) END)"
    }
    let conditions =
      [table.origin.map { $0.isOurs("t") }, table.wouldWriteOthers.map { "NOT \($0)" as SQL }]
      .compactMap(\.self) + ["(\(changed.joined(separator: "\n      OR ")))"]
    let isMoved: SQL = table.hasBeforeTriggers ? "NOT (\(table.key.matches(target: "t")))" : "false"
    let stood = asTheyStood(carrying: table.followers, in: table.targetRows)
    return """
      WITH written AS (
        UPDATE \(table.targetRows) t SET \(assignments.joined(separator: ",\n    "))
        FROM \(stood.from)\(from(.part(part))) AND \(table.key.matches(target: "t"))
          AND \(conditions.joined(separator: "\n    AND "))\(stood.condition)
        RETURNING \(marker), \(isMoved) AS is_moved\(changes(carrying: table.followers))
      )\(carried(table.followers))
      SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(isNotOurs)),
        pg_catalog.count(*) FILTER (WHERE is_moved)
      FROM written
      """
  }
}
