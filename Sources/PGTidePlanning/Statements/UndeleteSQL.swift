import PostgresValues

/// The statements that put deleted rows of one table back from `pgtide.deleted`.
package struct UndeleteSQL: Sendable {
  package let table: QualifiedName
  /// Its name as the configuration writes it.
  package let label: String
  package let flow: String
  /// The run that deleted them; `nil`: any.
  package let run: Int?

  /// With and without its schema: the configuration may have written it in the other way when the rows went.
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

  /// The shapes of the rows that were kept.
  package var shapes: Question<[Shape]> {
    let sql: SQL = """
      SELECT \(Self.keys(of: "l.row_data")), \(Self.keys(of: "l.row_key")) FROM (\(latest)) l GROUP BY 1, 2 ORDER BY 1, 2
      """
    return Question(sql) { answer in answer.rows.map { Shape(columns: $0.names(0), key: $0.names(1)) } }
  }

  /// What the table has now; no column where there is none of the name.
  package var columns: Question<(columns: [Column], isPartitioned: Bool)> {
    let sql: SQL = """
      SELECT a.attname, \(TypeName.sql("a.atttypid", modifier: "a.atttypmod")), a.attgenerated OPERATOR(pg_catalog.<>) '',
        c.relkind OPERATOR(pg_catalog.=) 'p'
      FROM pg_catalog.pg_namespace n
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) \(bind: table.name.name)::pg_catalog.name
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      WHERE n.nspname OPERATOR(pg_catalog.=) \(bind: table.schema.name)::pg_catalog.name
      ORDER BY a.attnum
      """
    return Question(sql) { answer in
      let columns = answer.rows.map {
        Column(name: Identifier($0.text(0)), type: SQL(raw: $0.text(1)), isGenerated: $0.bool(2))
      }
      return (columns, answer.rows.first?.bool(3) ?? false)
    }
  }

  /// Puts the rows of a shape back whose key no row of the table has. Returns how many there are, how many of them can go back,
  /// how many did, and how many of these have other values than they had. Under ``SessionPins/values``.
  ///
  /// - Parameter columns: those that both the rows and the table have.
  package func restore(_ shape: Shape, _ columns: [Column], isPartitioned: Bool) -> SQL {
    let names = columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    let values = columns.map {
      "(free.row_data OPERATOR(pg_catalog.->>) \(literal: $0.name.name))::\($0.type)" as SQL
    }.joined(separator: ", ")
    let types = Dictionary(columns.map { ($0.name, $0.type.text) }, uniquingKeysWith: { first, _ in first })
    let key = shape.key.map { name in
      "\(literal: name.name), \(DeleteSQL.keyValue("t.\(name)", type: types[name] ?? ""))" as SQL
    }.joined(separator: ", ")
    let isFree: SQL =
      shape.isKeyless
      ? ""
      : """
      \n    WHERE NOT EXISTS (SELECT FROM \(table.rows(isPartitioned: isPartitioned)) t
            WHERE pg_catalog.jsonb_build_object(\(key)) OPERATOR(pg_catalog.=) kept.row_key)
      """
    let back = DeleteSQL.object(columns.map { ($0.name, DeleteSQL.text("r.\($0.name)")) })
    let kept = columns.map(\.name.name)
    // What the table has no column for stays where it is.
    let isWhole: SQL = shape.columns.count == columns.count ? "true" : "false"
    return """
      WITH kept AS MATERIALIZED (
        SELECT l.* FROM (\(indented: latest, by: 2)) l
        WHERE \(Self.keys(of: "l.row_data")) OPERATOR(pg_catalog.=) \(bind: arrayText(shape.columns.map(\.name)))::pg_catalog.text[]
          AND \(Self.keys(of: "l.row_key")) OPERATOR(pg_catalog.=) \(bind: arrayText(shape.key.map(\.name)))::pg_catalog.text[]
      ),
      free AS MATERIALIZED (
        SELECT kept.* FROM kept\(isFree)
      ),
      restored AS (
        INSERT INTO \(table) AS r (\(names)) OVERRIDING SYSTEM VALUE SELECT \(values) FROM free
        RETURNING \(back) AS row_data
      ),
      forgotten AS (
        DELETE FROM \(DeleteSQL.deleted) d USING free WHERE d.deleted_id OPERATOR(pg_catalog.=) free.deleted_id AND \(isWhole)
      ),
      was AS (
        SELECT (SELECT pg_catalog.jsonb_object_agg(v.key, v.value) FROM pg_catalog.jsonb_each(free.row_data) AS v
          WHERE v.key OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(kept))::pg_catalog.text[])) AS row_data FROM free
      )
      SELECT (SELECT pg_catalog.count(*) FROM kept), (SELECT pg_catalog.count(*) FROM free),
        (SELECT pg_catalog.count(*) FROM restored),
        (SELECT pg_catalog.count(*) FROM restored r
          WHERE NOT EXISTS (SELECT FROM was WHERE was.row_data OPERATOR(pg_catalog.=) r.row_data))
      """
  }

  /// Of each key the row that was deleted last.
  private var latest: SQL {
    let isOfRun: SQL = run.map { " AND d.run_id OPERATOR(pg_catalog.=) \(bind: "\($0)")::bigint" } ?? ""
    return """
      SELECT DISTINCT ON (d.row_key) d.deleted_id, d.row_key, d.row_data FROM \(DeleteSQL.deleted) d
      WHERE d.flow OPERATOR(pg_catalog.=) \(bind: flow)::pg_catalog.text
        AND d.table_name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(labels))::pg_catalog.text[])\(isOfRun)
      ORDER BY d.row_key, d.deleted_id DESC
      """
  }

  private static func keys(of object: SQL) -> SQL {
    "ARRAY(SELECT k.name FROM pg_catalog.jsonb_object_keys(\(object)) AS k (name) ORDER BY k.name)"
  }
}
