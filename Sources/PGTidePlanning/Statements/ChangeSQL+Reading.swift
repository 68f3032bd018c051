import PostgresValues

extension ChangeSQL {
  /// The relations that entries read, with all that stands behind views and below parents.
  ///
  /// What a query or a condition reads is known by the words in it: a relation of the database that has such a name counts
  /// as read. What functions read is not known.
  static func readings(_ readings: [ChangeReading]) -> Question<[TableName: ChangeFacts.Reading]> {
    let roots = readings.enumerated().flatMap { place, reading in
      [reading.relation].compactMap(\.self).map { ("\(place)", $0.schema.name, $0.name.name) }
        + reading.words.map { ("\(place)", "", $0) }
    }
    let sql: SQL = """
      WITH RECURSIVE roots AS (
        SELECT * FROM ROWS FROM (pg_catalog.unnest(\(bind: arrayText(roots.map(\.0)))::integer[]),
            pg_catalog.unnest(\(bind: arrayText(roots.map(\.1)))::pg_catalog.text[]),
            pg_catalog.unnest(\(bind: arrayText(roots.map(\.2)))::pg_catalog.text[])) AS w (place, schema, name)),
      -- A table that an entry names is read without those that inherit from it.
      reached AS (
        SELECT w.place, c.oid AS relation,
          w.schema OPERATOR(pg_catalog.<>) '' AND c.relkind OPERATOR(pg_catalog.=) 'r' AS is_only
        FROM roots w
        JOIN pg_catalog.pg_class c ON c.relname OPERATOR(pg_catalog.=) w.name
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
          AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND c.oid OPERATOR(pg_catalog.>=) \(firstOwn)
          AND (n.nspname OPERATOR(pg_catalog.=) w.schema OR w.schema OPERATOR(pg_catalog.=) '')
        UNION
        SELECT r.place, next.relation, false
        FROM reached r, LATERAL (
          SELECT d.refobjid AS relation FROM pg_catalog.pg_rewrite w
          JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) w.oid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
          WHERE w.ev_class OPERATOR(pg_catalog.=) r.relation AND w.ev_type OPERATOR(pg_catalog.=) '1'
            AND d.refobjid OPERATOR(pg_catalog.>=) \(firstOwn)
          UNION ALL
          SELECT i.inhrelid FROM pg_catalog.pg_inherits i
          WHERE i.inhparent OPERATOR(pg_catalog.=) r.relation AND NOT r.is_only) next),
      found AS (
        SELECT DISTINCT r.place, c.oid AS relation, CASE
            WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{f,m}'::pg_catalog."char"[]) THEN c.relkind::pg_catalog.text
            WHEN EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s
              WHERE s.srrelid OPERATOR(pg_catalog.=) c.oid) THEN 's' END AS late,
          pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, \(look) AS look
        FROM reached r JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.relation
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace)
      SELECT f.place, \(short("pg_catalog.string_agg(f.look, E'\\n' ORDER BY f.relation)")),
        pg_catalog.min(pg_catalog.concat(f.late, f.name)) FILTER (WHERE f.late IS NOT NULL)
      FROM found f GROUP BY f.place
      """
    return Question(sql) { answer in
      var found: [TableName: ChangeFacts.Reading] = [:]
      for row in answer.rows {
        guard let place = row.int(0), readings.indices.contains(place) else { continue }
        var reading = ChangeFacts.Reading()
        reading.look = row.text(1)
        // A letter and a name.
        if let told = row[2], let late = ChangeFacts.Late(rawValue: String(told.prefix(1))) {
          reading.late = (String(told.dropFirst()), late)
        }
        found[readings[place].table] = reading
      }
      return found
    }
  }

  /// What the relation `c` is: where its rows are, and how a column of it is found or computed.
  private static let look: SQL = """
    pg_catalog.concat_ws(' ', c.oid, c.relkind, pg_catalog.pg_relation_filenode(c.oid), (
            SELECT pg_catalog.concat_ws(' ', w.oid, w.xmin) FROM pg_catalog.pg_rewrite w
            WHERE w.ev_class OPERATOR(pg_catalog.=) c.oid AND w.ev_type OPERATOR(pg_catalog.=) '1'), (
            SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
              a.attcollation, CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN d.adbin::pg_catalog.text END),
              ' ' ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d
              ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
            WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped))
    """
}
