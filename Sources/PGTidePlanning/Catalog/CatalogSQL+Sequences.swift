import PostgresValues

extension CatalogSQL {
  /// One row a column and a sequence from which it takes its numbers.
  package var sequences: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, a.attname, n.nspname, s.relname, q.seqincrement, q.seqstart, q.seqmin, q.seqmax, q.seqcache,
      pg_catalog.bool_and(behind.is_plain),
      pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_sequence_privilege(s.oid, 'USAGE'),
      pg_catalog.pg_has_role(s.relowner, 'USAGE')
    FROM wanted c
    CROSS JOIN LATERAL (
      SELECT d.refobjsubid AS number, d.objid AS sequence, true AS is_plain
      FROM pg_catalog.pg_depend d
      WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refobjid OPERATOR(pg_catalog.=) c.oid AND d.refobjsubid OPERATOR(pg_catalog.>) 0
        AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
      UNION ALL
      -- Of a domain's default.
      SELECT o.attnum, d.refobjid, \(Self.isPlainNextval("y.typdefaultbin"))
      FROM pg_catalog.pg_attribute o
      JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) o.atttypid AND y.typtype OPERATOR(pg_catalog.=) 'd'
      JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass
        AND d.objid OPERATOR(pg_catalog.=) y.oid
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      WHERE o.attrelid OPERATOR(pg_catalog.=) c.oid AND o.attnum OPERATOR(pg_catalog.>) 0 AND NOT o.atthasdef
      UNION ALL
      SELECT def.adnum, d.refobjid, \(Self.isPlainNextval("def.adbin"))
      FROM pg_catalog.pg_attrdef def
      JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.objid OPERATOR(pg_catalog.=) def.oid
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      WHERE def.adrelid OPERATOR(pg_catalog.=) c.oid) behind
    JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) behind.sequence AND s.relkind OPERATOR(pg_catalog.=) 'S'
    JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) s.oid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
      AND a.attnum OPERATOR(pg_catalog.=) behind.number
    GROUP BY c.oid, a.attnum, a.attname, n.oid, n.nspname, s.oid, s.relname, s.relowner, q.seqrelid, q.seqincrement,
      q.seqstart, q.seqmin, q.seqmax, q.seqcache
    ORDER BY c.oid, a.attnum, n.nspname, s.relname
    """
  }

  /// The default is nextval (1574) of a constant, at most turned into another type of number (480, 714, 1781, 1703).
  ///
  /// The stored expression is looked at: to have it written as SQL would lock the table.
  private static func isPlainNextval(_ expression: SQL) -> SQL {
    """
    \(expression)::pg_catalog.text OPERATOR(pg_catalog.~) (
          '^([{](FUNCEXPR :funcid (480|714|1781|1703)|COERCETODOMAIN|RELABELTYPE) [^{]*)*'
          OPERATOR(pg_catalog.||) '[{]FUNCEXPR :funcid 1574 [^{]*[{]CONST ')
    """
  }
}

extension ColumnSequence {
  /// Of a row of ``CatalogSQL/sequences``.
  package init?(_ row: QueryResult.Row) {
    let numbers = (4...8).compactMap { row.int($0).map(Int64.init) }
    guard numbers.count == 5 else { return nil }
    self.init(
      column: Identifier(row.text(1)), name: QualifiedName(row.text(2), row.text(3)), increment: numbers[0],
      start: numbers[1], minimum: numbers[2], maximum: numbers[3], cache: numbers[4], isPlain: row.bool(9),
      canUse: row.bool(10), isOwned: row.bool(11))
  }
}
