import PostgresValues

/// The statements that list how a table differs between the two ends. What a row is, and which rows are the same, is said
/// by the statements of a run (``DeltaSQL``), whose verdicts these read.
///
/// They write to temporary tables only, so that they run in a READ ONLY transaction. A table is looked at twice, and each
/// look has a list of its own: what stands in both of them with one image is a difference that did not pass.
package struct CheckSQL: Sendable {
  /// With a stage of the session's own.
  package let table: TablePlan
  /// Tells the session's lists of this table from others.
  package let place: Int
  /// Which rows of the target are looked for on the source; `nil`: all that are ours.
  package let narrowing: SQL?

  package init(table: TablePlan, place: Int, narrowing: SQL? = nil) {
    self.table = table
    self.place = place
    self.narrowing = narrowing
  }

  package enum Look: Int, Sendable { case first = 1, second }

  private func list(_ look: Look) -> QualifiedName {
    QualifiedName(StageTable.temporarySchema, "pgtide_look_\(place)_\(look.rawValue)")
  }

  // MARK: - Tables

  /// Makes the stage, the delta and both lists.
  package var create: [SQL] {
    [
      "CREATE TEMPORARY TABLE \(table.stage.stage) (\(table.stage.definition))",
      """
      CREATE TEMPORARY TABLE \(table.stage.delta)
        (row_id pg_catalog.tid NOT NULL, verdict pg_catalog.text NOT NULL, subject pg_catalog.text,
          message pg_catalog.text)
      """,
    ]
      + [Look.first, .second].map { look in
        """
        CREATE TEMPORARY TABLE \(list(look))
          (kind pg_catalog.text NOT NULL, verdict pg_catalog.text NOT NULL, row_key pg_catalog.text[] NOT NULL,
            image pg_catalog.bytea NOT NULL, column_names pg_catalog.text[] NOT NULL, row_id pg_catalog.tid,
            target_table pg_catalog.oid, target_row pg_catalog.tid)
        """
      }
  }

  /// Empties the stage and the delta for another look.
  package var empty: [SQL] { [StageTable.truncate(table.stage.both)].compactMap(\.self) }

  /// Removes all of them.
  package var drop: SQL {
    let tables = table.stage.both + [list(.first), list(.second)]
    return "DROP TABLE \(tables.map { "\($0)" as SQL }.joined(separator: ", "))"
  }

  // MARK: - A look

  /// Lists what the verdicts say of the staged rows, once these are final.
  package func listStaged(_ look: Look) -> SQL {
    let met: SQL = "\(anyOf: [Verdict.update, Verdict.protected, Verdict.protectedDifferent, Verdict.rewritten])"
    let whole = table.columns.map { "t.\($0.name)" as SQL }
    return """
      WITH met AS MATERIALIZED (
        SELECT s.*, d.row_id AS \(Self.row), d.verdict AS \(Self.verdict)
        FROM \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
        WHERE d.verdict OPERATOR(pg_catalog.=) \(met)
      ),
      compared AS (
        SELECT CASE \(cases) END AS kind, s.\(Self.verdict) AS verdict, \(stagedKey) AS row_key,
          \(image([stagedRow, row(whole)])) AS image, \(differingColumns) AS column_names, s.\(Self.row) AS row_id,
          t.tableoid AS target_table, t.ctid AS target_row
        FROM met s JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
      )
      INSERT INTO \(list(look)) (kind, verdict, row_key, image, column_names, row_id, target_table, target_row)
      SELECT * FROM compared
      WHERE kind OPERATOR(pg_catalog.<>) \(literal: DifferenceKind.protected.rawValue)
        OR pg_catalog.cardinality(column_names) OPERATOR(pg_catalog.>) 0
      UNION ALL
      SELECT CASE WHEN d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert)
          THEN \(literal: DifferenceKind.sourceOnly.rawValue) ELSE \(literal: DifferenceKind.rejected.rawValue) END,
        d.verdict, \(stagedKey), \(image([stagedRow])), '{}', d.row_id, NULL, NULL
      FROM \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
      WHERE NOT (d.verdict OPERATOR(pg_catalog.=) \(met))
        AND d.verdict OPERATOR(pg_catalog.<>) \(literal: Verdict.unchanged)
      """
  }

  /// Lists the target's rows of ours for which no staged row stands.
  ///
  /// - Parameter leavesMisfitsOut: some staged values cannot be cast, so that no key can be made of them.
  package func listTargetOnly(_ look: Look, leavesMisfitsOut: Bool) -> SQL {
    let conditions = [table.origin?.isOurs("t"), narrowing.map { narrow($0) }].compactMap(\.self)
    let all = conditions.map { "(\($0)) AND " as SQL }.joined(separator: "")
    let whole = table.columns.map { "t.\($0.name)" as SQL }
    let kind: SQL = "\(literal: DifferenceKind.targetOnly.rawValue)"
    return """
      INSERT INTO \(list(look)) (kind, verdict, row_key, image, column_names, row_id, target_table, target_row)
      SELECT \(kind), \(kind), \(standingKey), \(image([row(whole)])), '{}', NULL, t.tableoid, t.ctid
      FROM \(table.targetRows) t
      WHERE \(all)NOT EXISTS (
        SELECT FROM \(stagedKeys(leavesMisfitsOut: leavesMisfitsOut)) s WHERE \(table.key.matches(target: "t")))
      """
  }

  /// A row whose key is NULL has no bucket of its own.
  private func narrow(_ condition: SQL) -> SQL {
    ([condition] + nullKeys).joined(separator: " OR ")
  }

  /// Where NULL is a value like others, a digest looks at it.
  private var nullKeys: [SQL] { table.key.requiredColumns.filter { !$0.isNotNull }.map { "t.\($0.name) IS NULL" } }

  /// How many rows of ours have no key, which no digest looks at; `nil` where all have one.
  package var countWithoutKey: SQL? {
    guard !nullKeys.isEmpty else { return nil }
    let ours: SQL = table.origin.map { "\($0.isOurs("t")) AND " } ?? ""
    return "SELECT pg_catalog.count(*) FROM \(table.targetRows) t WHERE \(ours)(\(nullKeys.joined(separator: " OR ")))"
  }

  /// The staged rows of which a key can be made.
  private func stagedKeys(leavesMisfitsOut: Bool) -> SQL {
    let made = table.key.columns.filter(\.isMadeByTarget).map { Verdict.reject(.doesNotFit, $0.name.name) }
    guard leavesMisfitsOut, !made.isEmpty else { return "\(table.stage.stage)" }
    return """
      (SELECT b.* FROM \(table.stage.stage) b
          WHERE NOT EXISTS (SELECT FROM \(table.stage.delta) m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid
            AND m.message IS NOT NULL AND m.verdict OPERATOR(pg_catalog.=) \(anyOf: made)) OFFSET 0)
      """
  }

  // MARK: - What was found

  /// The number of rows of each kind and verdict that a look has found.
  package func count(_ look: Look) -> SQL {
    "SELECT kind, verdict, pg_catalog.count(*) FROM \(list(look)) GROUP BY kind, verdict"
  }

  /// The same of what both looks have found, and of what has changed between them.
  package var countConfirmed: SQL {
    """
    SELECT f.kind, f.verdict, pg_catalog.count(*) FROM \(list(.second)) f WHERE \(isIn(.first)) GROUP BY f.kind, f.verdict
    UNION ALL
    SELECT \(changing), \(changing), pg_catalog.count(*) FROM \(list(.first)) f WHERE NOT \(isIn(.second))
    """
  }

  /// Rows that were found, in the order of their kinds and keys: kind, verdict, key, the columns that differ, and where
  /// they are asked for, the values of all columns on the source and on the target, in the order of the plan's columns; and
  /// whether the source's row has a value that is not known yet.
  package func lines(limit: Int, values: Bool) -> SQL {
    let kinds: [DifferenceKind] = [.differs, .sourceOnly, .targetOnly, .protected, .rejected, .rewritten, .changing]
    let order = kinds.enumerated().map { place, kind in
      "WHEN f.kind OPERATOR(pg_catalog.=) \(literal: kind.rawValue) THEN \(place)" as SQL
    }.joined(separator: " ")
    return """
      SELECT f.kind, f.verdict, f.row_key, f.column_names, \(values ? stagedValues : "NULL"),
        \(values ? standingValues : "NULL"), \(isPending)
      FROM (
        SELECT f.*, CASE \(order) END AS place FROM (
          SELECT f.* FROM \(list(.second)) f WHERE \(isIn(.first))
          UNION ALL
          SELECT \(changing), \(changing), f.row_key, f.image, '{}', NULL, NULL, NULL
          FROM \(list(.first)) f WHERE NOT \(isIn(.second))) f
        ORDER BY place, \(keyOrder) LIMIT \(limit)) f
      LEFT JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) f.row_id
      LEFT JOIN \(table.targetRows) t ON t.ctid OPERATOR(pg_catalog.=) f.target_row
        AND t.tableoid OPERATOR(pg_catalog.=) f.target_table
      ORDER BY f.place, \(keyOrder)
      """
  }

  /// A value of the row is one that only a sync can tell (``TargetLookupSQL``).
  private var isPending: SQL {
    guard !table.targetLookups.isEmpty else { return "false" }
    return "s.\(StageTable.targetLookupColumn) OPERATOR(pg_catalog.=) \(literal: Verdict.pendingLookup)"
  }

  /// Of whole numbers, by their size, though they are texts here.
  private var keyOrder: SQL {
    guard case .integer = table.digest.keyForm else { return "f.row_key" }
    return "pg_catalog.length(f.row_key[1]), f.row_key"
  }

  private var changing: SQL { "\(literal: DifferenceKind.changing.rawValue)" }

  /// The other look has found the same: the row as it is, or one that differs in a column in which it differs here, or stands on
  /// one end only. What else of it changes meanwhile does not make it level.
  private func isIn(_ look: Look) -> SQL {
    """
    EXISTS (SELECT FROM \(list(look)) e WHERE e.kind OPERATOR(pg_catalog.=) f.kind
      AND e.row_key OPERATOR(pg_catalog.=) f.row_key AND (e.image OPERATOR(pg_catalog.=) f.image
        OR e.column_names OPERATOR(pg_catalog.&&) f.column_names
        OR e.kind OPERATOR(pg_catalog.=) \(anyOf: [DifferenceKind.sourceOnly.rawValue, DifferenceKind.targetOnly.rawValue])))
    """
  }

  // MARK: - Pieces

  /// Names that no column has.
  private static let row = Identifier("pgtide row")
  private static let verdict = Identifier("pgtide verdict")

  private var cases: SQL {
    let kinds: [(String, DifferenceKind)] = [
      (Verdict.update, .differs), (Verdict.protected, .protected), (Verdict.protectedDifferent, .protected),
      (Verdict.rewritten, .rewritten),
    ]
    return kinds.map { verdict, kind in
      "WHEN s.\(Self.verdict) OPERATOR(pg_catalog.=) \(literal: verdict) THEN \(literal: kind.rawValue)" as SQL
    }.joined(separator: " ")
  }

  private var differingColumns: SQL {
    guard !table.setColumns.isEmpty else { return "'{}'::pg_catalog.text[]" }
    let names = table.setColumns.map { column in
      """
      CASE WHEN ROW(\(column.value))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t.\(column.name))::pg_catalog.record
              THEN \(literal: column.name.name)::pg_catalog.text END
      """ as SQL
    }
    return "pg_catalog.array_remove(ARRAY[\(names.joined(separator: ",\n        "))], NULL)"
  }

  private var stagedKey: SQL { texts(table.key.naming.map(rawValue)) }
  private var standingKey: SQL { texts(table.key.naming.map { "t.\($0.name)" }) }
  private var stagedRow: SQL {
    // Which row of several it is paired with is not of its own.
    let columns = table.stage.columns.filter { column in
      table.key.pairing == nil || !table.key.columns.contains { $0.staged?.name == column.name }
    }
    return row(columns.map { "s.\($0.name)" })
  }

  private var stagedValues: SQL {
    """
    CASE WHEN f.row_id IS NULL THEN NULL WHEN f.kind OPERATOR(pg_catalog.=) \(literal: DifferenceKind.rejected.rawValue)
          THEN \(texts(table.columns.map(rawValue))) ELSE \(texts(table.columns.map(\.value))) END
    """
  }

  private var standingValues: SQL {
    "CASE WHEN f.target_row IS NOT NULL THEN \(texts(table.columns.map { "t.\($0.name)" })) END"
  }

  /// The value as it has come, which no cast can refuse.
  private func rawValue(_ column: ColumnPlan) -> SQL { column.staged.map { "s.\($0.name)" } ?? column.value }

  private func texts(_ values: [SQL]) -> SQL {
    "ARRAY[\(values.map { "(\($0))::pg_catalog.text" as SQL }.joined(separator: ", "))]"
  }

  private func row(_ values: [SQL]) -> SQL {
    "(ROW(\(values.joined(separator: ", ")))::pg_catalog.record)::pg_catalog.text"
  }

  /// Tells whether a row has changed between two looks.
  private func image(_ rows: [SQL]) -> SQL {
    let text = rows.joined(separator: " OPERATOR(pg_catalog.||) ")
    return "pg_catalog.sha256(pg_catalog.convert_to(\(text), pg_catalog.getdatabaseencoding()))"
  }
}
