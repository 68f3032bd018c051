import PostgresValues

/// An index that enforces nothing, so that a table can do without it while it is loaded.
///
/// Keeping indexes up row by row takes more of a COPY than building them behind the last row
/// (docs/inside/experiments.md, and manual, "14.4.3 Remove Indexes").
package struct SecondaryIndex: Sendable, Equatable {
  package let name: QualifiedName
  /// The statement that creates it, as the server writes it for the session's `search_path`, under which it is created
  /// again: names that the path does not find, or finds otherwise, have their schema. `nil` in a plan.
  package let definition: SQL?
  /// Why it is kept; `nil` if its definition is all that there is to it.
  package let obstacle: String?

  /// The indexes that enforce nothing, of these tables: one row each.
  ///
  /// What `pg_get_indexdef` leaves out would be lost: a comment, a tablespace, a statistics target, and what points to the
  /// index.
  ///
  /// - Parameter withDefinitions: also the statements that create them, for which the server waits where somebody has
  ///   locked a table.
  package static func question(_ tables: [QualifiedName], withDefinitions: Bool) -> SQL {
    """
    SELECT n.nspname, c.relname, x.relname, \(withDefinitions ? "pg_catalog.pg_get_indexdef(x.oid)" : "NULL::pg_catalog.text" as SQL),
      CASE
        WHEN NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN 'we do not own the table'
        WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'CREATE') THEN 'we may not create in its schema'
        WHEN c.relkind OPERATOR(pg_catalog.=) 'p' OR c.relispartition THEN 'the table is partitioned'
        WHEN NOT i.indisvalid THEN 'it is not valid'
        WHEN i.indisclustered THEN 'the table is clustered by it'
        WHEN x.reltablespace OPERATOR(pg_catalog.<>) 0 THEN 'it has a tablespace of its own'
        WHEN pg_catalog.obj_description(x.oid, 'pg_class') IS NOT NULL THEN 'it has a comment'
        WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) x.oid
          AND a.attstattarget OPERATOR(pg_catalog.>=) 0)
          THEN 'it has a statistics target'
        WHEN EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.objid OPERATOR(pg_catalog.=) x.oid AND d.deptype OPERATOR(pg_catalog.=) ANY ('{e,x}'))
          THEN 'it belongs to an extension'
      END
    FROM ROWS FROM (pg_catalog.unnest(\(bind: arrayText(tables.map(\.schema.name)))::pg_catalog.text[]),
        pg_catalog.unnest(\(bind: arrayText(tables.map(\.name.name)))::pg_catalog.text[])) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) w.name
    JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid AND NOT i.indisunique AND NOT i.indisexclusion
    JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
    ORDER BY n.nspname, c.relname, x.relname
    """
  }

  /// The answer to ``question(_:)``, by table.
  package static func read(_ answer: QueryResult) -> [QualifiedName: [SecondaryIndex]] {
    Dictionary(grouping: answer.rows, by: { QualifiedName($0.text(0), $0.text(1)) }).mapValues { rows in
      rows.map { row in
        SecondaryIndex(
          name: QualifiedName(row.text(0), row.text(2)), definition: row[3].map { SQL(raw: $0) }, obstacle: row[4])
      }
    }
  }

  package static func drop(_ indexes: [SecondaryIndex]) -> SQL {
    "DROP INDEX \(indexes.map { "\($0.name)" as SQL }.joined(separator: ", "))"
  }

  /// Builds them where they stood: in the database's own tablespace, whatever the session's default. Constraints that
  /// still wait to be checked would stand in the way.
  package static func create(_ indexes: [SecondaryIndex]) -> [SQL] {
    ["SET CONSTRAINTS ALL IMMEDIATE", "SET LOCAL default_tablespace = ''"] + indexes.compactMap(\.definition)
  }
}
