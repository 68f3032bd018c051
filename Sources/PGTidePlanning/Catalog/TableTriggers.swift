import PostgresValues

/// The triggers of a target table, its partitions' among them, that may write something else than what they are given.
package struct TableTriggers: Sendable {
  /// Those that run for us on INSERT or UPDATE, by name.
  package var names: [Identifier] = []
  /// Changes whenever one of them, or the code of one, does. What is remembered of rows holds for these triggers only.
  package var fingerprint = ""

  /// One row a table that has any: its number, the names and the fingerprint.
  package static func question(_ wanted: SQL) -> SQL {
    """
    WITH \(wanted),
    members AS (
      SELECT c.oid AS root, c.oid FROM wanted c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      UNION
      SELECT c.oid, leaf.relid FROM wanted c, LATERAL \(PartitionTree.of("c.oid")) leaf
      WHERE c.relkind OPERATOR(pg_catalog.=) 'p')
    SELECT m.root, pg_catalog.array_agg(DISTINCT t.tgname::pg_catalog.text),
      pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.string_agg(
        -- As the catalog has it: pg_get_triggerdef waits for whoever has locked the table.
        pg_catalog.concat_ws(E'\\n', t.tgname, t.tgtype, t.tgfoid, t.tgattr, pg_catalog.encode(t.tgargs, 'hex'), t.tgqual,
          t.tgenabled, p.prosrc, p.probin, p.proconfig::pg_catalog.text),
        E'\\n' ORDER BY t.tgrelid, t.tgname), pg_catalog.getdatabaseencoding())), 'hex')
    FROM members m
    JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
    JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
    -- Bit 2 of tgtype is INSERT, bit 4 UPDATE. ENABLE REPLICA triggers do not run for us.
    WHERE NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
      AND (t.tgtype OPERATOR(pg_catalog.&) 20::smallint) OPERATOR(pg_catalog.<>) 0
    GROUP BY m.root
    """
  }
}
