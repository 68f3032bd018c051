import Postgres

/// What stands in the private schema `pgtide` on the target before a run.
struct HouseFacts: Sendable {
  /// Bytes and comment of each of its tables.
  let tables: [String: (bytes: Int, comment: String?)]
  let schemaExists: Bool
  let metadataExists: Bool
  /// The history tables, as of this version, are there.
  var hasHistory: Bool { ["runs", "run_tables", "rejects"].allSatisfy { tables[$0] != nil } }

  init(_ answer: QueryResult) {
    schemaExists = answer.rows.first?.bool(0) ?? false
    metadataExists = answer.rows.first?.bool(1) ?? false
    var tables: [String: (bytes: Int, comment: String?)] = [:]
    for row in answer.rows {
      if let name = row[2] { tables[name] = (row.int(3) ?? 0, row[4]) }
    }
    self.tables = tables
  }

  /// The stage and delta stand there in the shape that this plan needs.
  func has(_ stage: StageTable) -> Bool {
    tables[stage.stage.name.name]?.comment == stage.signature && tables[stage.delta.name.name] != nil
  }
}

/// Statements that make and look at the private schema.
enum HouseSQL {
  /// One row a table of the schema (at least one row), with what is asked of the schema itself in front.
  static func facts(metadata: QualifiedName?) -> SQL {
    """
    SELECT n.oid IS NOT NULL,
      EXISTS (
        SELECT FROM pg_catalog.pg_class m JOIN pg_catalog.pg_namespace mn ON mn.oid = m.relnamespace
        WHERE mn.nspname = \(bind: metadata?.schema.name)::text AND m.relname = \(bind: metadata?.name.name)::text),
      c.relname, pg_catalog.pg_relation_size(c.oid), pg_catalog.obj_description(c.oid, 'pg_class')
    FROM (SELECT) one
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = \(bind: StageTable.schema)::text
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
    """
  }

  /// Nobody but its owner reads the schema: stages and rejects hold users' rows.
  static let createSchema: [SQL] = [
    "CREATE SCHEMA IF NOT EXISTS \(Identifier(StageTable.schema))",
    "REVOKE ALL ON SCHEMA \(Identifier(StageTable.schema)) FROM PUBLIC",
  ]

  /// What pgtide's user needs where somebody else made the schema.
  static func grants(on tables: [QualifiedName], to user: Identifier) -> [SQL] {
    let list = tables.map { "\($0)" as SQL }.joined(separator: ", ")
    return [
      "GRANT USAGE, CREATE ON SCHEMA \(Identifier(StageTable.schema)) TO \(user)",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON \(list) TO \(user)",
    ]
  }
}
