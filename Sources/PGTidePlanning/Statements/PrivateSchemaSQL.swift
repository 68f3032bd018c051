import PostgresValues

/// Statements that make and look at the private schema.
package enum PrivateSchemaSQL {
  package static func facts(metadata: QualifiedName?) -> Question<PrivateSchemaFacts> {
    Question(tables(metadata: metadata)) { PrivateSchemaFacts($0) }
  }

  /// One row a table of the schema (at least one row), with what is asked of the schema itself in front.
  private static func tables(metadata: QualifiedName?) -> SQL {
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
          AND c.relname OPERATOR(pg_catalog.=) ANY ('{runs,run_tables,rejects,protected,deleted}'::pg_catalog.name[])),
      \(OwnRights.isGuarded)
    FROM (SELECT) one
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relkind OPERATOR(pg_catalog.=) 'r'
    """
  }

  /// The tables of the history.
  package static let history = [
    HistorySQL.runs, HistorySQL.runTables, RejectSQL.rejects, RewriteSQL.rows, DeleteSQL.deleted, ProtectedSQL.rows,
  ]

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
