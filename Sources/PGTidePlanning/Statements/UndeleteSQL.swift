import PostgresValues

/// The statements that put deleted rows of one table back from `pgtide.deleted`.
package struct UndeleteSQL: Sendable {
  package let table: QualifiedName
  /// Its name as the configuration writes it.
  package let label: String
  package let flow: String
  /// The run that deleted them; `nil`: any.
  package let run: Int?

  /// With and without its schema: an earlier version has kept rows under the name that the configuration wrote then.
  private let labels: [String]

  /// - Parameter isInDefaultSchema: the configuration may leave the schema out.
  package init(table: QualifiedName, label: String, isInDefaultSchema: Bool, flow: String, run: Int?) {
    self.table = table
    self.label = label
    labels = ["\(table)"] + (isInDefaultSchema ? [table.name.name] : [])
    self.flow = flow
    self.run = run
  }

  /// Rows that have the same columns and the same key columns, which are put back together.
  package struct Shape: Sendable {
    package let columns: [Identifier]
    package let key: [Identifier]

    /// The rows had no key that could be taken by now.
    package var isKeyless: Bool { Set(DeleteSQL.placeNames).isSubset(of: key) }
  }

  /// A column of the target's table, as it is now.
  package struct Column: Sendable {
    package let name: Identifier
    package let type: SQL
    package let isGenerated: Bool
  }

  /// Whether there is the table of deleted rows, and whether an earlier version has made it.
  package static var kept: Question<(isThere: Bool, isOutdated: Bool)> {
    let sql: SQL = """
      SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attname OPERATOR(pg_catalog.=) 'relation' AND NOT a.attisdropped)
      FROM pg_catalog.pg_class c
      WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(\(literal: DeleteSQL.deleted.quoted))
      """
    return Question(sql) { answer in (!answer.rows.isEmpty, answer.rows.first?.bool(0) ?? false) }
  }

  /// The shapes of the rows that were kept, with what was deleted last at the front.
  package var shapes: Question<[Shape]> {
    let sql: SQL = """
      SELECT \(Self.keys(of: "l.row_data")), \(Self.keys(of: "l.row_key")) FROM (\(latest)) l GROUP BY 1, 2
      ORDER BY pg_catalog.max(l.deleted_id) DESC
      """
    return Question(sql) { answer in answer.rows.map { Shape(columns: $0.names(0), key: $0.names(1)) } }
  }

  /// What the table is like now.
  package struct Present: Sendable {
    /// None where there is no table of the name.
    package var columns: [Column] = []
    package var isPartitioned = false
    /// Some of its unique values may be looked at late, so that a row cannot be left out for one that is taken.
    package var looksLate = false
    /// Triggers run before a row goes in, and may leave it out.
    package var hasBeforeTriggers = false
  }

  package var present: Question<Present> {
    let members: SQL = "(SELECT leaf.relid FROM \(PartitionTree.of("c.oid")) leaf)"
    let sql: SQL = """
      SELECT a.attname, \(TypeName.sql("a.atttypid", modifier: "a.atttypmod")), a.attgenerated OPERATOR(pg_catalog.<>) '',
        c.relkind OPERATOR(pg_catalog.=) 'p',
        EXISTS (SELECT FROM pg_catalog.pg_index i
          WHERE i.indrelid OPERATOR(pg_catalog.=) ANY \(members) AND NOT i.indimmediate),
        -- Bit 0 of tgtype is FOR EACH ROW, bit 1 BEFORE, bit 2 INSERT. ENABLE REPLICA triggers do not run for us.
        EXISTS (SELECT FROM pg_catalog.pg_trigger g
          WHERE g.tgrelid OPERATOR(pg_catalog.=) ANY \(members)
            AND (g.tgtype OPERATOR(pg_catalog.&) 7::smallint) OPERATOR(pg_catalog.=) 7
            AND g.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) \(bind: table.name.name)::pg_catalog.name
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      WHERE n.nspname OPERATOR(pg_catalog.=) \(bind: table.schema.name)::pg_catalog.name
      ORDER BY a.attnum
      """
    return Question(sql) { answer in
      guard let first = answer.rows.first else { return Present() }
      let columns = answer.rows.map {
        Column(name: Identifier($0.text(0)), type: SQL(raw: $0.text(1)), isGenerated: $0.bool(2))
      }
      return Present(
        columns: columns, isPartitioned: first.bool(3), looksLate: first.bool(4), hasBeforeTriggers: first.bool(5))
    }
  }

  /// What has come of the rows of a shape that were put in.
  package struct Outcome: Sendable {
    /// Rows that `pgtide.deleted` has of the shape.
    package let found: Int
    /// Rows of these whose key no row of the table has.
    package let free: Int
    /// Rows that went in.
    package let restored: Int
    /// Those that went in as they were.
    package let put: RestoredRows
    /// Those that were free and did not go in.
    package let leftOut: String
    /// The keys of some that did not go in, or not as they were.
    package let others: [Identifier]
  }

  /// So many keys of rows that stay are told.
  private static let toldKeys = 10

  /// Puts the rows of a shape back whose key, or another unique value, no row of the table has. Of several rows with one value
  /// the one that was deleted last goes in. Under ``SessionPins/values``.
  ///
  /// - Parameter columns: those that both the rows and the table have.
  package func restore(_ shape: Shape, _ columns: [Column], of present: Present) -> Question<Outcome> {
    let types = Dictionary(columns.map { ($0.name, $0.type.text) }, uniquingKeysWith: { first, _ in first })
    let key = shape.key.map { name in
      "\(literal: name.name), \(DeleteSQL.keyValue("t.\(name)", type: types[name] ?? ""))" as SQL
    }.joined(separator: ", ")
    let isFree: SQL =
      shape.isKeyless
      ? ""
      : """
      \n    WHERE NOT EXISTS (SELECT FROM \(table.rows(isPartitioned: present.isPartitioned)) t
            WHERE pg_catalog.jsonb_build_object(\(key)) OPERATOR(pg_catalog.=) kept.row_key)
      """
    let sql: SQL = """
      WITH kept AS MATERIALIZED (
        SELECT l.* FROM (\(indented: latest, by: 2)) l
        WHERE \(Self.keys(of: "l.row_data")) OPERATOR(pg_catalog.=) \(bind: arrayText(shape.columns.map(\.name)))::pg_catalog.text[]
          AND \(Self.keys(of: "l.row_key")) OPERATOR(pg_catalog.=) \(bind: arrayText(shape.key.map(\.name)))::pg_catalog.text[]
      ),
      free AS MATERIALIZED (
        SELECT kept.*, \(was("kept", columns)) AS was FROM kept\(isFree)
      ),
      restored AS (
        INSERT INTO \(table) AS r (\(names(columns))) OVERRIDING SYSTEM VALUE
        SELECT \(values("free", columns)) FROM free ORDER BY free.deleted_id DESC\(present.looksLate ? "" : "\n    ON CONFLICT DO NOTHING")
        RETURNING r.tableoid AS part, r.ctid AS place, \(row("r", columns)) AS row_data
      ),
      put AS MATERIALIZED (
        SELECT f.deleted_id, r.part, r.place
        FROM (SELECT free.*, pg_catalog.row_number() OVER (PARTITION BY free.was ORDER BY free.deleted_id DESC) AS turn
          FROM free) f
        JOIN (SELECT restored.*, pg_catalog.row_number() OVER (PARTITION BY restored.row_data) AS turn FROM restored) r
          ON r.row_data OPERATOR(pg_catalog.=) f.was AND r.turn OPERATOR(pg_catalog.=) f.turn
      )
      SELECT (SELECT pg_catalog.count(*) FROM kept), (SELECT pg_catalog.count(*) FROM free),
        (SELECT pg_catalog.count(*) FROM restored), pg_catalog.count(*),
        pg_catalog.array_agg(put.deleted_id ORDER BY put.deleted_id), pg_catalog.array_agg(put.part ORDER BY put.deleted_id),
        pg_catalog.array_agg(put.place ORDER BY put.deleted_id),
        ARRAY(SELECT free.deleted_id FROM free
          WHERE NOT EXISTS (SELECT FROM put WHERE put.deleted_id OPERATOR(pg_catalog.=) free.deleted_id)),
        ARRAY(SELECT kept.row_key::pg_catalog.text FROM kept
          WHERE NOT EXISTS (SELECT FROM put WHERE put.deleted_id OPERATOR(pg_catalog.=) kept.deleted_id)
          ORDER BY kept.deleted_id LIMIT \(Self.toldKeys))
      FROM put
      """
    return Question(sql) { answer in
      guard let row = answer.rows.first else {
        return Outcome(found: 0, free: 0, restored: 0, put: RestoredRows(), leftOut: "{}", others: [])
      }
      let put = RestoredRows(count: row.int(3) ?? 0, entries: row[4], parts: row[5], places: row[6])
      return Outcome(
        found: row.int(0) ?? 0, free: row.int(1) ?? 0, restored: row.int(2) ?? 0, put: put, leftOut: row.text(7),
        others: row.names(8))
    }
  }

  /// Of each key the row that was deleted last.
  private var latest: SQL {
    let isOfRun: SQL = run.map { " AND d.run_id OPERATOR(pg_catalog.=) \(bind: "\($0)")::bigint" } ?? ""
    return """
      SELECT DISTINCT ON (d.row_key) d.deleted_id, d.row_key, d.row_data FROM \(DeleteSQL.deleted) d
      WHERE d.flow OPERATOR(pg_catalog.=) \(bind: flow)::pg_catalog.text
        AND COALESCE(d.relation OPERATOR(pg_catalog.=) \(bind: table.quoted)::pg_catalog.text,
          d.table_name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(labels))::pg_catalog.text[]))\(isOfRun)
      ORDER BY d.row_key, d.deleted_id DESC
      """
  }

  static func keys(of object: SQL) -> SQL {
    "ARRAY(SELECT k.name FROM pg_catalog.jsonb_object_keys(\(object)) AS k (name) ORDER BY k.name)"
  }
}
