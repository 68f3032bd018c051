import PostgresValues

/// Unique values that a row of ours holds which the source lacks.
extension PartwiseSQL {
  /// Looks for the holder of each value that a row waits for, and says of it if no source row has its key.
  var holders: SQL {
    // Where only changed rows were read, nothing is known of the others.
    guard !table.uniqueValues.isEmpty, !table.readsChangesOnly else {
      return "-- No unique index beside the key's, as far as the plan knows, or not all rows were read."
    }
    let conditions =
      [table.origin.map { $0.isOurs("t") }, isRead].compactMap(\.self) + [
        "NOT EXISTS (SELECT FROM \(table.stage.stage) s WHERE \(table.key.matches(target: "t")))"
      ]
    let key = table.key.columns.map {
      "\(literal: $0.name.name), t.\($0.name)::pg_catalog.text" as SQL
    }.joined(separator: ", ")
    let searches = table.uniqueValues.map { unique -> SQL in
      """
      SELECT pg_catalog.jsonb_build_object(\(key)) AS key
          FROM \(table.stage.stage) s JOIN \(table.targetRows) t ON \(unique.isHeld(by: "t"))
          WHERE s.ctid OPERATOR(pg_catalog.=) (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid
            AND w.item OPERATOR(pg_catalog.->>) 'rule' OPERATOR(pg_catalog.=) \(literal: unique.index.name)
            AND \(conditions.joined(separator: "\n            AND "))
      """
    }
    return """
      waiting := ARRAY(
        SELECT CASE WHEN stale.key IS NULL THEN w.item ELSE w.item OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object(
          'verdict', \(literal: Verdict.reject(.heldByStaleRow)),
          'message', (w.item OPERATOR(pg_catalog.->>) 'message') OPERATOR(pg_catalog.||)
            '; the row that holds it, ' OPERATOR(pg_catalog.||) stale.key::pg_catalog.text
            OPERATOR(pg_catalog.||) ', is ours, and no longer on the source') END
        FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
        LEFT JOIN LATERAL (
          SELECT found.key FROM (
            \(searches.joined(separator: "\n        UNION ALL\n        "))) found
          WHERE w.item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) '23505' LIMIT 1) stale ON true
        ORDER BY w.place);
      """
  }

  /// The source was asked for rows with the key of the target's row `t`.
  private var isRead: SQL? {
    guard table.digest.reasonForReading == nil else { return nil }
    return DigestSQL(table: table, place: 0).isInBuckets(read, on: .target)
  }
}
