import PostgresValues

/// Rows that were put back: which of `pgtide.deleted` they were, and where they stand, as arrays of one order.
package struct RestoredRows: Sendable {
  package let count: Int
  let entries: String
  let parts: String
  let places: String

  init(count: Int = 0, entries: String? = nil, parts: String? = nil, places: String? = nil) {
    self.count = count
    self.entries = entries ?? "{}"
    self.parts = parts ?? "{}"
    self.places = places ?? "{}"
  }
}

/// What is asked when all rows of all tables are in, and the triggers that run behind them have run.
extension UndeleteSQL {
  /// How many of the rows do not stand in the table as they were, and the key of one of these. A row that a trigger has written
  /// anew with the same values stands in another place, and is known by what it holds.
  package func fallen(
    _ put: RestoredRows, _ shape: Shape, _ columns: [Column], of present: Present
  ) -> Question<(count: Int, key: String?)> {
    let rows = table.rows(isPartitioned: present.isPartitioned)
    let isElsewhere: SQL =
      shape.isKeyless
      ? ""
      : """
      \nWHERE NOT EXISTS (SELECT FROM \(rows) t WHERE \(row("t", columns)) OPERATOR(pg_catalog.=) moved.was)
      """
    let sql: SQL = """
      WITH put AS MATERIALIZED (
        SELECT p.part, p.place, d.row_key, \(was("d", columns)) AS was
        FROM ROWS FROM (pg_catalog.unnest(\(bind: put.entries)::bigint[]),
          pg_catalog.unnest(\(bind: put.parts)::pg_catalog.oid[]), pg_catalog.unnest(\(bind: put.places)::pg_catalog.tid[]))
          AS p (deleted_id, part, place)
        JOIN \(DeleteSQL.deleted) d ON d.deleted_id OPERATOR(pg_catalog.=) p.deleted_id
      ),
      moved AS MATERIALIZED (
        SELECT put.row_key, put.was FROM put
        WHERE NOT EXISTS (SELECT FROM \(rows) t
          WHERE t.ctid OPERATOR(pg_catalog.=) put.place AND t.tableoid OPERATOR(pg_catalog.=) put.part
            AND \(row("t", columns)) OPERATOR(pg_catalog.=) put.was)
      )
      SELECT pg_catalog.count(*), pg_catalog.min(moved.row_key::pg_catalog.text) FROM moved\(isElsewhere)
      """
    return Question(sql) { answer in (answer.rows.first?.int(0) ?? 0, answer.rows.first?[1]) }
  }

  /// Takes rows that are back out of `pgtide.deleted`.
  package func forget(_ put: RestoredRows) -> SQL {
    """
    DELETE FROM \(DeleteSQL.deleted) d WHERE d.deleted_id OPERATOR(pg_catalog.=) ANY (\(bind: put.entries)::bigint[])
    """
  }

  /// Tries rows once more that did not go in, which fails if a unique value of one is taken. Otherwise a trigger leaves them out.
  package func again(_ entries: String, _ columns: [Column]) -> SQL {
    """
    INSERT INTO \(table) (\(names(columns))) OVERRIDING SYSTEM VALUE
    SELECT \(values("d", columns)) FROM \(DeleteSQL.deleted) d
    WHERE d.deleted_id OPERATOR(pg_catalog.=) ANY (\(bind: entries)::bigint[])
    """
  }

  func names(_ columns: [Column]) -> SQL { columns.map { "\($0.name)" as SQL }.joined(separator: ", ") }

  func values(_ kept: SQL, _ columns: [Column]) -> SQL {
    columns.map { "(\(kept).row_data OPERATOR(pg_catalog.->>) \(literal: $0.name.name))::\($0.type)" as SQL }
      .joined(separator: ", ")
  }

  /// A row of the table as it would be kept.
  func row(_ row: SQL, _ columns: [Column]) -> SQL {
    DeleteSQL.object(columns.map { ($0.name, DeleteSQL.text("\(row).\($0.name)")) })
  }

  /// What a kept row has in these columns.
  func was(_ kept: SQL, _ columns: [Column]) -> SQL {
    """
    (SELECT pg_catalog.jsonb_object_agg(v.key, v.value) FROM pg_catalog.jsonb_each(\(kept).row_data) AS v
          WHERE v.key OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(columns.map(\.name.name)))::pg_catalog.text[]))
    """
  }
}
