import PostgresValues

/// What a target table's plan rests on, as the server writes it: to be read for the plan, and again before COMMIT.
extension CatalogSQL {
  /// A text for the relation `c`: a hash for each kind of thing that it and its partitions have, such as
  /// `columns:0a1b…, triggers:…`.
  ///
  /// Foreign keys that point at the table are known by their triggers on it, which name the key and the action: the catalog
  /// of constraints has no index by which they could be found. The OID of an index is left out: REINDEX CONCURRENTLY gives
  /// another one.
  package static let fingerprint: SQL = """
    (SELECT pg_catalog.string_agg(pg_catalog.concat(kind.name, ':', pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
            pg_catalog.convert_to(kind.lines, pg_catalog.getdatabaseencoding())), 'hex'), 16)), ', ' ORDER BY kind.name)
          FROM (SELECT part.kind AS name, pg_catalog.string_agg(part.line, E'\\n' ORDER BY part.line COLLATE pg_catalog."C") AS lines
            FROM (
              WITH members AS (
                SELECT c.oid
                UNION ALL
                SELECT tree.relid FROM \(PartitionTree.of("c.oid")) tree
                WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND tree.relid OPERATOR(pg_catalog.<>) c.oid)
              SELECT 'partitions' AS kind, pg_catalog.concat_ws(' ', r.oid, r.relkind, r.relpersistence,
                  r.relispartition, r.relpartbound) AS line
                FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'columns', pg_catalog.concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
                  a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, d.adbin)
                FROM members m JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) m.oid
                  AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
                LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
                  AND d.adnum OPERATOR(pg_catalog.=) a.attnum
              UNION ALL
              SELECT 'constraints', (pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.-) 'conindid'::pg_catalog.text)::pg_catalog.text
                FROM members m JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'unique indexes', pg_catalog.concat_ws(' ', i.indrelid, x.relname, i.indisvalid, i.indisready,
                  i.indimmediate, i.indkey, i.indclass, i.indcollation, i.indexprs, i.indpred)
                FROM members m JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) m.oid AND i.indisunique
                JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
              UNION ALL
              SELECT CASE WHEN t.tgisinternal THEN 'foreign keys' ELSE 'triggers' END,
                  pg_catalog.concat_ws(' ',
                    pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) 'tgconstrindid'::pg_catalog.text, CASE WHEN NOT t.tgisinternal
                    THEN pg_catalog.concat_ws(' ', p.prosrc, p.probin, p.proconfig) END)
                FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
                JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
              UNION ALL
              SELECT 'rules', r::pg_catalog.text
                FROM members m JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) m.oid
              UNION ALL
              SELECT 'row-level security', pg_catalog.concat_ws(' ', r.oid, r.relrowsecurity, r.relforcerowsecurity,
                  y::pg_catalog.text)
                FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
                  AND r.relrowsecurity
                LEFT JOIN pg_catalog.pg_policy y ON y.polrelid OPERATOR(pg_catalog.=) r.oid
              ) AS part GROUP BY part.kind) AS kind)
    """
}
