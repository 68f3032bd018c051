import PostgresValues

/// Rows that keep each other out of an index, and that no value takes apart which one of them could hold meanwhile.
extension PartwiseSQL {
  /// So many rows are deleted and inserted again at most, to find those that find a place.
  private static let replacedRows = 100_000
  /// Raised by the code for itself, to take back what was only tried.
  static let tried = "TIDE1"

  /// Deletes the rows that still wait for an update, and inserts them again, in one statement (``MergeSQL/replace(_:placing:by:)``).
  /// If they do not all find a place, those that do not are found: all are deleted then, and so many inserted as go in, until
  /// a row is left that does not go in with those before it. The rest is tried again without these.
  ///
  /// At last each is updated as any other row, for the triggers that want to know.
  var replacements: SQL {
    guard let plan = table.replacement, !table.setColumns.isEmpty else {
      return "-- Rows of the table cannot be deleted and inserted again in place of an update."
    }
    let replaced = merge.replace("pgtide.block", placing: "pgtide.part", by: plan)
    return """
      block := ARRAY(
        SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid
        FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
        WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) \(literal: Verdict.update)
          AND w.item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) ANY ('{23505,23P01}')
        ORDER BY w.place);
      IF pg_catalog.cardinality(block) OPERATOR(pg_catalog.>) 1 THEN
        PERFORM \(indented: replaceable(notHeldBy: []), by: 2)
        FOR UPDATE OF t;
        -- Nobody comes to refer to a row that is locked.
        block := ARRAY(SELECT s.ctid \(indented: replaceable(notHeldBy: plan.dependents), by: 2)
          ORDER BY s.ctid);
      END IF;
      walked := 0;
      <<replacing>>
      WHILE NOT ended AND pg_catalog.cardinality(block) OPERATOR(pg_catalog.>) 1 LOOP
        outside := '{}';
        inside := '{}';
        low := 1;
        high := pg_catalog.cardinality(block);
        WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
          walked := walked OPERATOR(pg_catalog.+) pg_catalog.cardinality(block);
          EXIT replacing WHEN walked OPERATOR(pg_catalog.>) \(Self.replacedRows);
          part := inside OPERATOR(pg_catalog.||) block[low:high];
          act := \(literal: Verdict.update);
          state := NULL;
          BEGIN
            \(indented: replaced, by: 6)
            INTO pgtide.counted, pgtide.written, pgtide.foreign_markers;
            IF counted OPERATOR(pg_catalog.<>) pg_catalog.cardinality(block)
                OR written OPERATOR(pg_catalog.<>) pg_catalog.cardinality(part) THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
            ELSIF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: MergeObstacle.foreignMarker.rawValue), MESSAGE =
                foreign_markers OPERATOR(pg_catalog.||) ' rows that it would write show a marker that is not ours';
            END IF;
            \(indented: write(), by: 6)
            IF written OPERATOR(pg_catalog.<>) pg_catalog.cardinality(part) THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
            ELSIF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(block) THEN
              RAISE EXCEPTION USING ERRCODE = \(literal: Self.tried), MESSAGE = 'these rows find a place';
            END IF;
          EXCEPTION WHEN OTHERS OR assert_failure THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
            IF NOT state OPERATOR(pg_catalog.=) \(anyOf: [Self.incomplete, Self.tried]) AND NOT \(RowError.condition("state")) THEN
              RAISE;
            END IF;
          END;
          IF state IS NULL THEN
            updated := updated OPERATOR(pg_catalog.+) written;
            has_moved := true;
            waiting := ARRAY(
              SELECT w.item FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
              WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.block)
              ORDER BY w.place);
            EXIT replacing;
          ELSIF state OPERATOR(pg_catalog.=) \(literal: Self.tried)
              -- They found their places. What refers to one that is not there again may be why.
              OR (state OPERATOR(pg_catalog.=) \(literal: SQLState.foreignKeyViolation)
                AND pg_catalog.cardinality(part) OPERATOR(pg_catalog.<) pg_catalog.cardinality(block)) THEN
            inside := part;
            low := high OPERATOR(pg_catalog.+) 1;
            high := pg_catalog.cardinality(block);
          ELSIF low OPERATOR(pg_catalog.<) high THEN
            high := (low OPERATOR(pg_catalog.+) high) OPERATOR(pg_catalog./) 2;
          ELSE
            outside := pg_catalog.array_append(outside, block[low]);
            low := low OPERATOR(pg_catalog.+) 1;
            high := pg_catalog.cardinality(block);
          END IF;
        END LOOP;
        EXIT replacing WHEN pg_catalog.cardinality(outside) OPERATOR(pg_catalog.=) 0;
        block := inside;
      END LOOP;
      """
  }

  /// The block's rows that an update may write, as FROM and WHERE take them.
  ///
  /// - Parameter dependents: to none of these rows does one refer by such a foreign key.
  private func replaceable(notHeldBy dependents: [Dependent]) -> SQL {
    let free = dependents.map { "\n  AND NOT EXISTS (SELECT FROM \($0.referring(to: "t", as: "c")))" as SQL }
    return """
      FROM \(table.stage.stage) s JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
      WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.block)\(merge.guards)\(free.joined(separator: ""))
      """
  }
}
