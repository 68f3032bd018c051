import PostgresValues

/// What a part's updates write through foreign keys.
extension PartwiseSQL {
  private var cascade: CascadeSQL { CascadeSQL(table: table) }

  /// What the session has done so far to the rows that the part's updates may reach.
  var reachedBefore: SQL {
    guard table.mayReachOthers else { return "-- No foreign key writes to other rows." }
    return """
      behind := (SELECT pg_catalog.jsonb_object_agg(r.name, pg_catalog.jsonb_build_array(r.updated, r.removed))
        FROM (\(indented: cascade.reached, by: 10)) r);
      """
  }

  /// Fails if the part's updates have written to rows that are not ours. What was written since the part began has the xid
  /// of its sub-transaction, which a row of the delta tells.
  var othersWritten: SQL {
    guard table.mayReachOthers else { return "" }
    let counts = cascade.expected.compactMap { rows -> SQL? in
      let count: SQL
      switch rows.owner {
      case .others: return nil
      case .ours: count = "0"
      case .marked(let origin):
        let all = rows.table.rows(isPartitioned: rows.isPartitioned)
        count = "(\(indented: CascadeSQL.countOthers(in: all, of: origin, writtenBy: "pgtide.xid"), by: 8))"
      }
      return "WHEN reached.name OPERATOR(pg_catalog.=) \(literal: rows.table.quoted) THEN \(count)"
    }
    let others: SQL =
      table.mayWriteToOthers
      ? "0" : counts.isEmpty ? "NULL" : "CASE \(counts.joined(separator: "\n      ")) END"
    return """
      FOR reached IN
        SELECT r.name, r.updated,
          COALESCE(r.removed OPERATOR(pg_catalog.>)
            COALESCE((behind OPERATOR(pg_catalog.->) r.name OPERATOR(pg_catalog.->>) 1)::bigint, 0), true) AS is_removed,
          COALESCE(r.updated OPERATOR(pg_catalog.<>)
            COALESCE((behind OPERATOR(pg_catalog.->) r.name OPERATOR(pg_catalog.->>) 0)::bigint, 0), true) AS is_updated
        FROM (\(indented: cascade.reached, by: 10)) r
      LOOP
        others := 0;
        IF reached.is_updated THEN
          UPDATE \(table.stage.delta) d SET verdict = d.verdict WHERE d.row_id OPERATOR(pg_catalog.=) pgtide.part[1]
          RETURNING d.xmin::pg_catalog.text INTO pgtide.xid;
          others := \(others);
          IF others IS NULL AND reached.updated IS NULL THEN
            -- The server does not count. Each row of the relation is others'.
            EXECUTE 'SELECT pg_catalog.count(*) FROM ' OPERATOR(pg_catalog.||) reached.name OPERATOR(pg_catalog.||)
              ' t WHERE t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) $1' INTO pgtide.others USING pgtide.xid;
          ELSE
            others := COALESCE(others, 1);
          END IF;
        END IF;
        IF reached.is_removed OR others OPERATOR(pg_catalog.>) 0 THEN
          RAISE EXCEPTION USING ERRCODE = \(literal: Self.writesToOthers), MESSAGE =
            'its update would write to rows of ' OPERATOR(pg_catalog.||) reached.name
              OPERATOR(pg_catalog.||) ' that are not ours';
        END IF;
      END LOOP;
      """
  }
}
