import PostgresValues

/// Values that rows of other tables refer to, by foreign keys that refuse their update.
extension PartwiseSQL {
  /// The rows of each foreign key that are being taken along.
  var followerVariables: SQL {
    table.followers.indices.map { "held_\($0) pg_catalog.tid[];" as SQL }.joined(separator: "\n")
  }

  /// Takes the rows along that refer to one which is to be updated: they let go of it, it is updated, and they take hold
  /// of it again, all in one sub-transaction. One that is not ours keeps it from that.
  var renames: SQL {
    guard !table.followers.isEmpty else { return "-- No foreign key of the run refuses updates of the table." }
    let names = table.followers.map(\.name.name)
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
            \(indented: table.followers.enumerated().map(letGo).joined(separator: "\n"), by: 6)
            \(indented: write(), by: 6)
            IF written OPERATOR(pg_catalog.<>) 1 THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
            END IF;
            \(indented: table.followers.enumerated().map(takeHold).joined(separator: "\n"), by: 6)
          EXCEPTION WHEN OTHERS OR assert_failure THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
            IF state OPERATOR(pg_catalog.<>) \(literal: Self.incomplete) AND NOT \(RowError.condition("state")) THEN
              RAISE;
            END IF;
          END;
          IF state IS NULL THEN
            updated := updated OPERATOR(pg_catalog.+) written;
            has_written := true;
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

  private var updated: SQL {
    """
    \(table.stage.stage) s JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
    """
  }

  /// The children's rows are locked, so that nobody claims one meanwhile.
  private func letGo(_ number: Int, _ follower: FollowerPlan) -> SQL {
    let held: SQL = "held_\(number)"
    let all: SQL = """
      \(held) := ARRAY(
        SELECT c.ctid FROM \(updated), \(follower.rows) c
        WHERE s.ctid OPERATOR(pg_catalog.=) pgtide.part[1] AND \(follower.refers("c", to: "t"))
        FOR UPDATE OF c);
      """
    let others: SQL =
      follower.origin.map { origin in
        """

        IF EXISTS (SELECT FROM \(follower.rows) c WHERE c.ctid OPERATOR(pg_catalog.=) ANY (pgtide.\(held)) AND NOT \(origin.isOurs("c"))) THEN
          RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'rows that are not ours refer to it';
        END IF;
        """
      } ?? ""
    if follower.isDeferrable {
      return "\(all)\(others)\nSET CONSTRAINTS \(constraint(follower)) DEFERRED;"
    }
    // Where it must refer to something, to any other row.
    let other: SQL
    if let nullable = follower.nullable {
      other = "UPDATE \(follower.rows) c SET \(nullable) = NULL WHERE"
    } else {
      let assignments = zip(follower.columns, follower.referenced).map { "\($0) = p.\($1)" as SQL }
      let values = ["p", "t"].map { (row: SQL) in
        follower.referenced.map { "\(row).\($0)" as SQL }.joined(separator: ", ")
      }
      other = """
        UPDATE \(follower.rows) c SET \(assignments.joined(separator: ", "))
          FROM (
            SELECT \(values[0]) FROM \(updated), \(table.targetRows) p
            WHERE s.ctid OPERATOR(pg_catalog.=) pgtide.part[1]
              AND \(follower.referenced.map { "p.\($0) IS NOT NULL" as SQL }.joined(separator: " AND "))
              AND ROW(\(values[0]))::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(\(values[1]))::pg_catalog.record
            LIMIT 1) p
          WHERE
        """
    }
    return """
      \(all)\(others)
      WITH moved AS (
        \(other) c.ctid OPERATOR(pg_catalog.=) ANY (pgtide.\(held)) RETURNING c.ctid)
      SELECT COALESCE(pg_catalog.array_agg(m.ctid), '{}') FROM moved m INTO pgtide.\(held);
      """
  }

  private func takeHold(_ number: Int, _ follower: FollowerPlan) -> SQL {
    let held: SQL = "held_\(number)"
    let assignments = zip(follower.columns, follower.referenced).map { "\($0) = t.\($1)" as SQL }
    let ours: SQL = follower.origin.map { " AND \($0.isOurs("c"))" } ?? ""
    let isDone: SQL = follower.isDeferrable ? "\nSET CONSTRAINTS \(constraint(follower)) IMMEDIATE;" : ""
    return """
      WITH moved AS (
        UPDATE \(follower.rows) c SET \(assignments.joined(separator: ", "))
        FROM \(updated)
        WHERE s.ctid OPERATOR(pg_catalog.=) pgtide.part[1]
          AND c.ctid OPERATOR(pg_catalog.=) ANY (pgtide.\(held))\(ours) RETURNING c.ctid)
      SELECT pg_catalog.count(*) FROM moved m INTO pgtide.counted;
      IF counted OPERATOR(pg_catalog.<>) pg_catalog.cardinality(\(held)) THEN
        RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were taken along';
      END IF;\(isDone)
      """
  }

  private func constraint(_ follower: FollowerPlan) -> SQL { "\(QualifiedName(follower.table.schema, follower.name))" }
}
