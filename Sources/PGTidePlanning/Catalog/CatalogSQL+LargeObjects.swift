import PostgresValues

extension CatalogSQL {
  /// A trigger of the extension lo stands on the column `a` of the table `c`, or of a partition: what an UPDATE replaces,
  /// it unlinks. Where the extension is not, no trigger is looked at.
  package static let isUnlinkedByUpdates: SQL = """
    EXISTS (SELECT FROM pg_catalog.pg_proc lo WHERE lo.proname OPERATOR(pg_catalog.=) 'lo_manage') AND EXISTS (SELECT FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
          AND p.proname OPERATOR(pg_catalog.=) 'lo_manage'
        WHERE (t.tgrelid OPERATOR(pg_catalog.=) c.oid OR (c.relkind OPERATOR(pg_catalog.=) 'p'
            AND t.tgrelid OPERATOR(pg_catalog.=) ANY (
              SELECT part.relid FROM \(PartitionTree.of("c.oid")) part)))
          AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
          AND (t.tgtype OPERATOR(pg_catalog.&) 16::smallint) OPERATOR(pg_catalog.<>) 0
          AND pg_catalog.strpos(pg_catalog.encode(t.tgargs, 'hex'), pg_catalog.concat(pg_catalog.encode(
            pg_catalog.convert_to(a.attname::pg_catalog.text, pg_catalog.getdatabaseencoding()), 'hex'), '00'))
            OPERATOR(pg_catalog.=) 1)
    """
}
