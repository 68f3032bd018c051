import PostgresValues

/// The statements about protected rows that differ from what the source has, and the table in the schema `pgtide` that
/// lists them.
package struct ProtectedSQL: Sendable {
  package let table: TablePlan
  package let run: RunIdentity

  package init(table: TablePlan, run: RunIdentity) {
    self.table = table
    self.run = run
  }

  package static let rows = QualifiedName(StageTable.schema, "protected")

  /// Why a row is listed: a source row would make it look different.
  package static let differs = "differs"

  /// Rows of one table that are listed at most.
  package static let limit = 100_000

  /// Bytes of a value that is listed as it is; of a longer one its length and a hash are.
  package static let longestValue = 10_000

  /// Bytes of a key that is listed as it is, so that it fits into the index.
  private static let longestKey = 2000

  package static let create: SQL = """
    CREATE TABLE IF NOT EXISTS \(rows) (
      flow pg_catalog.text NOT NULL,
      table_name pg_catalog.text NOT NULL,
      row_key pg_catalog.jsonb NOT NULL,
      reason pg_catalog.text NOT NULL,
      source_row pg_catalog.jsonb,
      target_row pg_catalog.jsonb,
      since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      run_id bigint NOT NULL,
      message pg_catalog.text,
      PRIMARY KEY (flow, table_name, row_key, reason))
    """

  /// Lists the rows that the delta found different and that still are, and forgets all others of the table.
  ///
  /// A row that is listed as it is, is not written. Two of them are compared as text: 1.0 and 1.00 are one number. Both
  /// sides are joined in full, which is done by hashing or sorting whatever the planner believes: the server has no
  /// statistics of either, and ten thousand rows took half a minute row by row.
  package var keep: SQL {
    """
    WITH picked AS MATERIALIZED (
      SELECT s.* FROM \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
      WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.protectedDifferent)
    ),
    found AS MATERIALIZED (
      SELECT DISTINCT ON (r.row_key) r.row_key, r.source_row, r.target_row
      FROM (
        SELECT \(Self.listedKey("k.row_key")) AS row_key, k.source_row, k.target_row
        FROM (
          SELECT \(object(table.key.columns) { "t.\($0.name)" }) AS row_key,
            \(object(table.columns, \.guardedValue)) AS source_row,
            \(object(table.columns) { "t.\($0.name)" }) AS target_row
          FROM picked s JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
          WHERE \(isDifferent)) k) r
      ORDER BY r.row_key LIMIT \(Self.limit)
    ),
    compared AS MATERIALIZED (
      SELECT p.place, f.row_key, f.source_row, f.target_row,
        ROW(p.source_row, p.target_row)::pg_catalog.record OPERATOR(pg_catalog.*<>)
          ROW(f.source_row::pg_catalog.text, f.target_row::pg_catalog.text)::pg_catalog.record AS is_changed
      FROM (
        SELECT p.ctid AS place, p.row_key, p.source_row::pg_catalog.text AS source_row,
          p.target_row::pg_catalog.text AS target_row
        FROM \(Self.rows) p WHERE \(isOfTable)) p
      FULL JOIN found f ON f.row_key OPERATOR(pg_catalog.=) p.row_key
    ),
    gone AS (
      DELETE FROM \(Self.rows) p
      WHERE p.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.place FROM compared c WHERE c.row_key IS NULL))
    ),
    changed AS (
      UPDATE \(Self.rows) p SET source_row = c.source_row, target_row = c.target_row, run_id = \(bind: run.id)::bigint
      FROM compared c
      WHERE p.ctid OPERATOR(pg_catalog.=) c.place AND c.row_key IS NOT NULL AND c.is_changed
    )
    INSERT INTO \(Self.rows) (flow, table_name, row_key, reason, source_row, target_row, run_id)
    SELECT \(bind: table.flow)::pg_catalog.text, \(bind: table.label)::pg_catalog.text, c.row_key,
      \(literal: Self.differs), c.source_row, c.target_row, \(bind: run.id)::bigint
    FROM compared c WHERE c.place IS NULL
    """
  }

  /// Forgets the table's rows, because none differs any more.
  package var forget: SQL { "DELETE FROM \(Self.rows) p WHERE \(isOfTable)" }

  /// A key as it is listed.
  package static func listedKey(_ key: SQL) -> SQL {
    """
    CASE WHEN pg_catalog.pg_column_size(\(key)) OPERATOR(pg_catalog.<=) \(longestKey) THEN \(key)
      ELSE pg_catalog.jsonb_build_object('SHA-256', \(hash("(\(key))::pg_catalog.text"))) END
    """
  }

  // MARK: - Pieces

  private var isOfTable: SQL {
    """
    p.flow OPERATOR(pg_catalog.=) \(bind: table.flow)::pg_catalog.text
        AND p.table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
        AND p.reason OPERATOR(pg_catalog.=) \(literal: Self.differs)
    """
  }

  /// The target's row `t` may have become ours, or level, since the delta was made. All values of these rows fit.
  private var isDifferent: SQL {
    guard let origin = table.origin, let differs = table.differs(\.value) else { return "false" }
    return "NOT \(origin.isOurs("t")) AND \(differs)"
  }

  /// An object of the columns. In pieces of 40, because a function takes at most 100 arguments.
  private func object(_ columns: [ColumnPlan], _ value: (ColumnPlan) -> SQL) -> SQL {
    let pieces: [SQL] = columns.parts(of: 40).map { piece in
      let pairs = piece.map { "\(literal: $0.name.name), \(json(value($0), of: $0))" as SQL }.joined(separator: ", ")
      return "pg_catalog.jsonb_build_object(\(pairs))"
    }
    return pieces.joined(separator: " OPERATOR(pg_catalog.||) ")
  }

  /// The value as JSON takes it: a number, a text and so on. What `jsonb` may refuse (`\u0000` in a `json`), or may be
  /// made by code that is not the server's own, is a text.
  private func json(_ value: SQL, of column: ColumnPlan) -> SQL {
    let type = JSONForm(column.type.text)
    let float = FloatJSON.value(value, type: TypeName.short(column.type.text))
    if type.isShort { return float ?? "pg_catalog.to_jsonb(\(value))" }
    let text: SQL = "(\(value))::pg_catalog.text"
    let length: SQL = type.isString ? "pg_catalog.octet_length(\(value))" : "pg_catalog.pg_column_size(\(value))"
    return """
      CASE WHEN \(length) OPERATOR(pg_catalog.>) \(Self.longestValue)
        THEN pg_catalog.to_jsonb(pg_catalog.concat(\(length), ' bytes, SHA-256 ', \(Self.hash(text))))
        ELSE \(float ?? "pg_catalog.to_jsonb(\(type.isKnown ? value : text))") END
      """
  }

  private static func hash(_ text: SQL) -> SQL {
    """
    pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(\(text), pg_catalog.getdatabaseencoding())), 'hex')
    """
  }
}

/// What becomes of a type's values as JSON.
private struct JSONForm {
  /// JSON has a form for its values, and the server needs nobody's code for it.
  let isKnown: Bool
  /// None of them is long.
  let isShort: Bool
  /// The server tells their length without reading them.
  let isString: Bool

  private static let short: Set<String> = [
    "boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric", "date", "uuid", "interval",
    "name",
    "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone",
  ]
  private static let strings: Set<String> = ["text", "character varying", "character", "bpchar", "bytea"]

  /// - Parameter type: as the server names it, with its length.
  init(_ type: String) {
    var name = TypeName.short(type)
    let isArray = name.hasSuffix("[]")
    if isArray { name.removeLast(2) }
    if let start = name.firstIndex(of: "("), let end = name.firstIndex(of: ")"), start < end {
      name.removeSubrange(start...end)
    }
    isShort = !isArray && Self.short.contains(name)
    isString = !isArray && Self.strings.contains(name)
    isKnown = Self.short.contains(name) || Self.strings.contains(name) || name == "jsonb"
  }
}

extension TablePlan {
  /// Whether the staged row would make the row `t` of the target look different; `nil` where an update sets nothing.
  package func differs(_ value: (ColumnPlan) -> SQL) -> SQL? {
    guard !setColumns.isEmpty else { return nil }
    let staged = setColumns.map(value).joined(separator: ", ")
    let standing = setColumns.map { "t.\($0.name)" as SQL }.joined(separator: ", ")
    return """
      (ROW(\(staged))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(standing))::pg_catalog.record)
      """
  }
}
