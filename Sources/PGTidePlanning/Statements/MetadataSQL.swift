import PostgresValues

/// The users' own status table: one row a table, read by their scripts.
package struct MetadataSQL: Sendable {
  package let table: QualifiedName
  /// Columns of an existing table that take no NULL; those of them that have a default; how long texts may be.
  private let notNull: Set<String>
  private let withDefault: Set<String>
  private let lengths: [String: Int]
  /// A column that only its users know takes no NULL and has no default.
  private let takesNewRows: Bool

  /// - Parameter existing: `nil` where pgtide makes the table.
  package init(table: QualifiedName, existing: TableFacts? = nil) {
    self.table = table
    let columns = existing?.columns ?? []
    notNull = Set(columns.filter(\.isNotNull).map(\.name.name))
    withDefault = Set(columns.filter(\.hasDefault).map(\.name.name))
    lengths = Dictionary(
      columns.compactMap { column in column.type.characters.map { (column.name.name, $0) } },
      uniquingKeysWith: { first, _ in first })
    takesNewRows = existing.map { Self.demandingColumns($0).isEmpty } ?? true
  }

  /// The columns that are written, with a type whose values they must take.
  package static let columns: [(name: Identifier, takes: UInt32, type: String)] = [
    ("table_name", BuiltinType.text, "text"), ("last_sync_timestamp", BuiltinType.timestamptz, "timestamptz"),
    ("records_synced", BuiltinType.int8, "bigint"), ("sync_status", BuiltinType.text, "text"),
    ("error_message", BuiltinType.text, "text"), ("updated_at", BuiltinType.timestamptz, "timestamptz"),
  ]

  /// Columns that only the users know how to fill.
  package static func demandingColumns(_ facts: TableFacts) -> [ColumnFacts] {
    facts.columns.filter { column in
      column.isNotNull && !column.hasDefault && column.identity == .none && !column.isGenerated
        && !columns.contains { $0.name == column.name }
    }
  }

  package enum Status: String, Sendable {
    case pending, success, partial, failed
  }

  package var create: SQL {
    """
    CREATE TABLE IF NOT EXISTS \(table) (
      table_name pg_catalog.text PRIMARY KEY,
      last_sync_timestamp pg_catalog.timestamptz,
      records_synced bigint NOT NULL DEFAULT 0,
      sync_status pg_catalog.text NOT NULL DEFAULT 'pending'
        CHECK (sync_status OPERATOR(pg_catalog.=) ANY ('{pending,success,partial,failed}')),
      error_message pg_catalog.text,
      updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now())
    """
  }

  /// Lets a role that is not the owner write the table in spite of its row-level security; nothing where it has none.
  package func letIn(_ user: Identifier) -> [SQL] {
    guard table.schema.name != StageTable.schema else { return [] }
    return [
      "DROP POLICY IF EXISTS \(Identifier("pgtide")) ON \(table)",
      "CREATE POLICY \(Identifier("pgtide")) ON \(table) TO \(user) USING (true) WITH CHECK (true)",
    ]
  }

  /// A row for each table that has none yet, where the table takes them.
  package func seed(_ names: [String]) -> [SQL] {
    guard takesNewRows else { return [] }
    let filled = [("last_sync_timestamp", Self.never), ("records_synced", "0"), ("error_message", "''")]
      .filter { notNull.contains($0.0) && !withDefault.contains($0.0) }
    let columns = filled.map { ", \(raw: $0.0)" as SQL }.joined(separator: "")
    let values = filled.map { ", \($0.1)" as SQL }.joined(separator: "")
    return [
      """
      INSERT INTO \(table) (table_name, sync_status, updated_at\(columns))
      SELECT wanted.name, \(bind: Status.pending.rawValue), pg_catalog.now()\(values)
      FROM pg_catalog.unnest(\(bind: arrayText(names))::pg_catalog.text[]) AS wanted (name)
      WHERE NOT EXISTS (SELECT FROM \(table) m WHERE m.table_name OPERATOR(pg_catalog.=) wanted.name)
      """
    ]
  }

  /// When a table was synced that never was, where its column takes no NULL and has no default.
  private static let never: SQL = "pg_catalog.to_timestamp(0)"

  /// What became of a table. `records` are the rows that are now level with the source; a failure leaves them and the
  /// time of the last success as they were.
  ///
  /// An UPDATE, then an INSERT where there was no row: the users' table may lack the unique index that ON CONFLICT
  /// needs.
  package func set(_ name: String, _ status: Status, records: Int, error: String?) -> [SQL] {
    let landed = status == .success || status == .partial
    let error = fitting(error)
    let success: SQL = landed ? "last_sync_timestamp = pg_catalog.now(), records_synced = \(records), " : ""
    let update: SQL = """
      UPDATE \(table) SET \(success)sync_status = \(bind: status.rawValue), error_message = \(bind: error),
        updated_at = pg_catalog.now()
      WHERE table_name OPERATOR(pg_catalog.=) \(bind: name)
      """
    guard takesNewRows else { return [update] }
    // Without a value the column takes its default.
    let time: SQL? =
      landed
      ? "pg_catalog.now()" : notNull.contains("last_sync_timestamp") ? (hasDefaultTime ? nil : Self.never) : "NULL"
    let (column, value): (SQL, SQL) =
      time.map { (", last_sync_timestamp", ", \($0)::pg_catalog.timestamptz") } ?? ("", "")
    return [
      update,
      """
      INSERT INTO \(table) (table_name\(column), records_synced, sync_status, error_message, updated_at)
      SELECT \(bind: name)::pg_catalog.text\(value), \(landed ? records : 0), \(bind: status.rawValue)::pg_catalog.text,
        \(bind: error)::pg_catalog.text, pg_catalog.now()
      WHERE NOT EXISTS (SELECT FROM \(table) WHERE table_name OPERATOR(pg_catalog.=) \(bind: name)::pg_catalog.text)
      """,
    ]
  }

  private var hasDefaultTime: Bool { withDefault.contains("last_sync_timestamp") }

  /// What the column of errors takes: no NULL perhaps, and not more characters than it has room for.
  private func fitting(_ error: String?) -> String? {
    let column = "error_message"
    guard let error else { return notNull.contains(column) ? "" : nil }
    guard let length = lengths[column] else { return error }
    return String(String.UnicodeScalarView(error.unicodeScalars.prefix(length)))
  }
}

extension TypeFacts {
  /// How many characters it takes; `nil` where that has no limit, or it is no text.
  fileprivate var characters: Int? {
    // The modifier counts four bytes more (catalog pg_attribute, atttypmod).
    BuiltinType.isText(baseOID) && baseModifier > 4 ? baseModifier - 4 : nil
  }
}
