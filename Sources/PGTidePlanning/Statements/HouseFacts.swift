import PostgresValues

/// What stands in the private schema `pgtide` on the target before a run.
package struct HouseFacts: Sendable {
  package let tables: [Identifier: Table]
  package let schemaExists: Bool
  package let metadataExists: Bool
  /// Whom the schema belongs to; empty where there is none.
  package let schemaOwner: String
  package let canCreateSchema: Bool
  package let canUseSchema: Bool
  /// Of the schema `pgtide`.
  package let canCreateTables: Bool
  /// Something on the target may change what the session's user makes there, or let others in.
  package let isGuarded: Bool
  /// `nil`: the schema of the users' status table does not exist.
  package let canCreateMetadata: Bool?

  /// A table of the schema.
  package struct Table: Sendable {
    /// Of its file and of that of its wide values.
    package let bytes: Int
    package let comment: String?
    package let owner: String
    /// The session's user is its owner, or as good as that.
    package let isOwned: Bool
    /// Which of SELECT, INSERT, UPDATE and DELETE the session's user has.
    package let rights: Set<String>
    package var columns: [Identifier] = []
  }

  /// The history tables, as of this version, are there.
  package var hasHistory: Bool {
    (["runs", "run_tables", "rejects", "rewritten_rows"] as [Identifier]).allSatisfy { tables[$0] != nil }
      && Self.history.allSatisfy { outdatedColumns($0).isEmpty }
  }

  private static let history = [HistorySQL.runs, HistorySQL.runTables, RejectSQL.rejects]

  /// In which columns a history table of an earlier version differs; none where there is no such table.
  package func outdatedColumns(_ table: QualifiedName) -> [Identifier] {
    tables[table.name].map { HistorySQL.outdatedColumns(table, among: $0.columns) } ?? []
  }

  /// What makes the schema and the history in one transaction, as its owner's alone, where they are missing or of an
  /// earlier version.
  package var foundation: [SQL] {
    guard !schemaExists || !hasHistory else { return [] }
    let rights = HouseSQL.historyRights(isGuarded: isGuarded)
    return [rights.standing] + (schemaExists ? HouseSQL.createHistory(rights) : HouseSQL.create(rights))
      + HistorySQL.upgrade { !outdatedColumns($0).isEmpty } + [rights.takeTrusting]
  }

  package init(_ answer: QueryResult) {
    schemaExists = answer.rows.first?.bool(0) ?? false
    metadataExists = answer.rows.first?.bool(1) ?? false
    schemaOwner = answer.rows.first?[2] ?? ""
    canCreateSchema = answer.rows.first?.bool(3) ?? false
    canUseSchema = answer.rows.first?.bool(4) ?? false
    canCreateTables = answer.rows.first?.bool(5) ?? false
    canCreateMetadata = answer.rows.first.flatMap { row in row[6].map { $0 == "t" } }
    isGuarded = answer.rows.first?.bool(14) ?? true
    var tables: [Identifier: Table] = [:]
    for row in answer.rows {
      guard let name = row[7] else { continue }
      tables[Identifier(name)] = Table(
        bytes: row.int(8) ?? 0, comment: row[9], owner: row.text(10), isOwned: row.bool(11),
        rights: Set(row.array(12).compactMap(\.self)), columns: row.names(13))
    }
    self.tables = tables
  }

  /// The stage and delta stand there in the shape that this plan needs.
  package func has(_ stage: StageTable) -> Bool {
    tables[stage.stage.name]?.comment == stage.signature && tables[stage.delta.name] != nil
  }

  /// They do, and their files are empty.
  package func isReady(_ stage: StageTable) -> Bool { has(stage) && stage.both.allSatisfy { bytes($0) == 0 } }

  /// Of the files of one of the schema's tables.
  package func bytes(_ table: QualifiedName) -> Int { tables[table.name]?.bytes ?? 0 }
}

/// Statements that make and look at the private schema.
package enum HouseSQL {
  /// One row a table of the schema (at least one row), with what is asked of the schema itself in front.
  package static func facts(metadata: QualifiedName?) -> SQL {
    """
    SELECT n.oid IS NOT NULL,
      EXISTS (
        SELECT FROM pg_catalog.pg_class m JOIN pg_catalog.pg_namespace mn
          ON mn.oid OPERATOR(pg_catalog.=) m.relnamespace
        WHERE mn.nspname OPERATOR(pg_catalog.=) \(bind: metadata?.schema.name)::pg_catalog.text
          AND m.relname OPERATOR(pg_catalog.=) \(bind: metadata?.name.name)::pg_catalog.text),
      pg_catalog.pg_get_userbyid(n.nspowner),
      pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
      pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
      (SELECT pg_catalog.has_schema_privilege(mn.oid, 'CREATE') FROM pg_catalog.pg_namespace mn
        WHERE mn.nspname OPERATOR(pg_catalog.=) \(bind: metadata?.schema.name)::pg_catalog.text),
      c.relname, pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.+)
        COALESCE(pg_catalog.pg_relation_size(c.reltoastrelid), 0), pg_catalog.obj_description(c.oid, 'pg_class'),
      pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_has_role(c.relowner, 'USAGE'),
      ARRAY(
        SELECT r.name FROM pg_catalog.unnest('{SELECT,INSERT,UPDATE,DELETE}'::pg_catalog.text[]) AS r (name)
        WHERE pg_catalog.has_table_privilege(c.oid, r.name)),
      ARRAY(
        SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
          AND c.relname OPERATOR(pg_catalog.=) ANY ('{runs,run_tables,rejects}'::pg_catalog.name[])),
      \(OwnRights.isGuarded)
    FROM (SELECT) one
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relkind OPERATOR(pg_catalog.=) 'r'
    """
  }

  /// The tables of the history.
  package static let history = [HistorySQL.runs, HistorySQL.runTables, RejectSQL.rejects, RewriteSQL.rows]

  /// By which these are taken from others as they are made.
  package static func historyRights(isGuarded: Bool) -> OwnRights {
    OwnRights(tables: history, makesSchema: true, isGuarded: isGuarded)
  }

  /// The schema and the tables of the history, where they are missing.
  package static func create(_ rights: OwnRights) -> [SQL] {
    ["CREATE SCHEMA IF NOT EXISTS \(Identifier(StageTable.schema))"] + rights.own + createHistory(rights)
  }

  /// What refers to the first table, only the owner of that may make.
  package static func createHistory(_ rights: OwnRights) -> [SQL] {
    Array(HistorySQL.create.prefix(1)) + rights.own + HistorySQL.create.dropFirst()
  }

  /// What pgtide's user needs where somebody else made the schema.
  package static func grants(on tables: [QualifiedName], to user: Identifier) -> [SQL] {
    let list = tables.map { "\($0)" as SQL }.joined(separator: ", ")
    return [
      "GRANT USAGE, CREATE ON SCHEMA \(Identifier(StageTable.schema)) TO \(user)",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON \(list) TO \(user)",
    ]
  }
}
