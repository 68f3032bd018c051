import PostgresValues

/// Values that rows of other tables refer to, by foreign keys that refuse their update.
extension PartwiseSQL {
  /// Takes the rows along that refer to one which is to be updated, in the same statement. One that is not ours keeps it from
  /// that: it stays, and the foreign key refuses the statement.
  var renames: SQL {
    guard !table.followers.isEmpty else { return "-- No foreign key of the run refuses updates of the table." }
    let names = table.followers.flatMap(\.all).map(\.name.name)
    return """
      <<renames>>
      LOOP
        has_written := false;
        outside := '{}';
        FOREACH item IN ARRAY waiting LOOP
          CONTINUE WHEN ended OR item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.<>) \(literal: Verdict.update)
            OR NOT (item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) '23505'
              OR item OPERATOR(pg_catalog.->>) 'rule' OPERATOR(pg_catalog.=) \(anyOf: names));
          act := \(literal: Verdict.update);
          part := ARRAY[(item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid];
          state := NULL;
          BEGIN
            \(indented: write(carrying: table.followers), by: 6)
            IF written OPERATOR(pg_catalog.<>) 1 THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
            END IF;
          EXCEPTION WHEN OTHERS OR assert_failure THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
            IF state OPERATOR(pg_catalog.<>) \(literal: Self.incomplete) AND NOT \(RowError.condition("state")) THEN
              RAISE;
            END IF;
          END;
          IF state IS NULL THEN
            updated := updated OPERATOR(pg_catalog.+) written;
            has_written := true;
            has_moved := true;
            outside := outside OPERATOR(pg_catalog.||) part;
          END IF;
        END LOOP;
        waiting := ARRAY(
          SELECT w.item FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
          WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.outside)
          ORDER BY w.place);
        -- One may have waited for a value that another has given up.
        EXIT renames WHEN NOT has_written;
      END LOOP;
      """
  }
}
