import PostgresValues

/// The statements about the rows of a table that never become level (see ``RewritePlan``), and the table in the schema
/// `pgtide` that remembers them.
package struct RewriteSQL: Sendable {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  package static let rows = QualifiedName(StageTable.schema, "rewritten_rows")

  /// Rows of one table that are remembered at most.
  package static let limit = 100_000

  package static let create: SQL = """
    CREATE TABLE IF NOT EXISTS \(rows) (
      flow pg_catalog.text NOT NULL,
      table_name pg_catalog.text NOT NULL,
      row_key pg_catalog.bytea NOT NULL,
      sent pg_catalog.bytea NOT NULL,
      standing pg_catalog.bytea NOT NULL,
      column_names pg_catalog.text[] NOT NULL,
      triggers pg_catalog.text NOT NULL,
      since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      PRIMARY KEY (flow, table_name, row_key))
    """

  /// The row of the target `t` is remembered as what a trigger makes of the staged row `s`, and both are as they were.
  /// `nil` where nothing is remembered, so that nothing need be hashed.
  package var isRemembered: SQL? {
    guard table.rewrites.isPossible, table.rewrites.isRemembering, !table.setColumns.isEmpty else { return nil }
    return """
      EXISTS (SELECT FROM \(Self.rows) m WHERE \(isOfTable)
              AND m.triggers OPERATOR(pg_catalog.=) \(bind: table.rewrites.triggers.fingerprint)::pg_catalog.text
              AND m.row_key OPERATOR(pg_catalog.=) \(key) AND m.sent OPERATOR(pg_catalog.=) \(sent)
              AND m.standing OPERATOR(pg_catalog.=) \(standing))
      """
  }

  /// The columns of remembered rows: one row with their names.
  package var columns: SQL {
    """
    SELECT pg_catalog.array_agg(DISTINCT c.name) FROM \(Self.rows) m, pg_catalog.unnest(m.column_names) AS c (name)
    WHERE \(isOfTable)
    """
  }

  /// What the merge's own transaction asks when all is written: forgets what was remembered of the rows that it wrote, or
  /// under other triggers, and remembers those that stand there otherwise. The answer is the number of these, how many are
  /// remembered, and the columns in which they differ.
  package var remember: Question<(found: Int, kept: Int, columns: [Identifier])> {
    Question.all(
      .running(table.rewrites.isRemembering ? [forget] : []),
      Question(find) { answer in
        let row = answer.rows.first
        return (row?.int(0) ?? 0, row?.int(1) ?? 0, row?.names(2) ?? [])
      }
    ).map { $0.1 }
  }

  private var forget: SQL {
    """
    DELETE FROM \(Self.rows) m WHERE \(isOfTable)
      AND (m.triggers OPERATOR(pg_catalog.<>) \(bind: table.rewrites.triggers.fingerprint)::pg_catalog.text
        OR m.row_key OPERATOR(pg_catalog.=) ANY (SELECT \(key) FROM \(written)))
    """
  }

  private var find: SQL {
    let compared = table.setColumns
    let names = compared.map { column in
      """
      CASE WHEN \(differs(ofStaged: [column.value], ofStanding: ["t.\(column.name)"]))
              THEN \(literal: column.name.name)::pg_catalog.text END
      """ as SQL
    }.joined(separator: ",\n          ")
    return """
      WITH found AS MATERIALIZED (
        SELECT \(key) AS row_key, \(sent) AS sent, \(standing) AS standing,
          pg_catalog.array_remove(ARRAY[\(names)], NULL) AS column_names
        FROM \(written)
          AND \(differs(ofStaged: compared.map(\.value), ofStanding: compared.map { "t.\($0.name)" }))
      ),
      kept AS (
        INSERT INTO \(Self.rows) (flow, table_name, row_key, sent, standing, column_names, triggers)
        SELECT \(bind: table.flow)::pg_catalog.text, \(bind: table.target.quoted)::pg_catalog.text, f.row_key, f.sent,
          f.standing, f.column_names, \(bind: table.rewrites.triggers.fingerprint)::pg_catalog.text
        FROM found f
        LIMIT GREATEST(0, \(Self.limit) OPERATOR(pg_catalog.-) (
          SELECT pg_catalog.count(*) FROM \(Self.rows) m WHERE \(isOfTable)))
        RETURNING 1
      )
      SELECT (SELECT pg_catalog.count(*) FROM found), (SELECT pg_catalog.count(*) FROM kept),
        (SELECT pg_catalog.array_agg(DISTINCT c.name) FROM found f, pg_catalog.unnest(f.column_names) AS c (name))
      """
  }

  // MARK: - Pieces

  private var isOfTable: SQL {
    """
    m.flow OPERATOR(pg_catalog.=) \(bind: table.flow)::pg_catalog.text
            AND m.table_name OPERATOR(pg_catalog.=) \(bind: table.target.quoted)::pg_catalog.text
    """
  }

  /// The staged rows that this transaction has written, with the target's rows as they stand now. A condition may follow.
  private var written: SQL {
    """
    \(table.stage.delta) d
        JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
        \(partners)
        WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY[\(literal: Verdict.insert), \(literal: Verdict.update)]::pg_catalog.text[])\
    \(table.origin.map { " AND \($0.isOurs("t"))" } ?? "")
    """
  }

  /// The target's rows `t`. Of a row that has gone in where the target makes the key, nothing tells it but what it is paired with.
  private var partners: SQL {
    guard let pairing = PairingSQL(table) else {
      return "JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))"
    }
    return """
      JOIN \(indented: pairing.landed, by: 4) p ON p.row_id OPERATOR(pg_catalog.=) s.ctid
          JOIN \(table.targetRows) t ON \(pairing.isPartner("p"))
      """
  }

  private func differs(ofStaged staged: [SQL], ofStanding standing: [SQL]) -> SQL {
    """
    (ROW(\(staged.joined(separator: ", ")))::pg_catalog.record \
    OPERATOR(pg_catalog.*<>) ROW(\(standing.joined(separator: ", ")))::pg_catalog.record)
    """
  }

  private var key: SQL { hash(table.key.columns.map { "t.\($0.name)" }) }
  private var sent: SQL { hash(table.setColumns.map(\.value)) }
  private var standing: SQL { hash(table.setColumns.map { "t.\($0.name)" }) }

  private func hash(_ values: [SQL]) -> SQL {
    let row: SQL = "ROW(\(values.joined(separator: ", ")))::pg_catalog.record"
    return table.rewrites.hasBinary
      ? "pg_catalog.sha256(pg_catalog.record_send(\(row)))"
      : "pg_catalog.sha256(pg_catalog.convert_to((\(row))::pg_catalog.text, pg_catalog.getdatabaseencoding()))"
  }
}
