import PostgresValues

/// Rows that are deleted and inserted again, because they can take their new places only all at once.
extension MergeSQL {
  /// Deletes the target's rows of `all`, and inserts those of `placed` again, as the staged rows change them; all columns that
  /// are not set are as they were. It is guarded like the update. A foreign key that only refuses looks at the end of
  /// the statement, when all values are there again to which rows refer.
  ///
  /// Returns how many rows were deleted, how many inserted, and how many of these show a marker that is not ours.
  ///
  /// - Parameters:
  ///   - all: an array of the stage's row identifiers.
  ///   - placed: those of them that are inserted again. Without the others the transaction must not stand.
  func replace(_ all: SQL, placing placed: SQL, by plan: ReplacementPlan) -> SQL {
    let set = Dictionary(table.setColumns.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let values = plan.columns.enumerated().map { place, name -> SQL in
      let value = set[name] ?? (name == table.updatedStamp ? "pg_catalog.now()" : "t.\(name)")
      return "\(value) AS value_\(place)"
    }
    let names = plan.columns.map { "\($0)" as SQL }.joined(separator: ", ")
    let kept = plan.columns.indices.map { "gone.value_\($0)" as SQL }.joined(separator: ", ")
    let overriding: SQL = plan.overridesIdentity ? " OVERRIDING SYSTEM VALUE" : ""
    // Sorted, the deleted rows are all there before the first one is inserted.
    return """
      WITH gone AS (
        DELETE FROM \(table.targetRows) t USING \(from(.part(all))) AND \(table.key.matches(target: "t"))\(guards)
        RETURNING s.ctid AS row_id, \(values.joined(separator: ", "))
      ),
      written AS (
        INSERT INTO \(table.target) AS t (\(names))\(overriding)
        SELECT \(kept) FROM gone
        WHERE gone.row_id OPERATOR(pg_catalog.=) ANY (\(placed)) ORDER BY gone.row_id
        RETURNING \(marker)
      )
      SELECT (SELECT pg_catalog.count(*) FROM gone), pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(isNotOurs))
      FROM written
      """
  }

  /// What keeps an update from a row `t`.
  var guards: SQL {
    [table.origin.map { $0.isOurs("t") }, table.wouldWriteOthers.map { "NOT \($0)" as SQL }]
      .compactMap(\.self).map { "\n    AND \($0)" as SQL }.joined(separator: "")
  }
}
