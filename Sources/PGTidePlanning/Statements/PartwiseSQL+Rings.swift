import PostgresValues

/// Rows that keep each other out of a unique index: each wants a value that another one gives up, in a ring.
extension PartwiseSQL {
  /// What the code does with a part that is to give up its unique values.
  static let park = "park"

  /// Tries all rows that still wait at once, in one sub-transaction: first they give up the unique values that they change
  /// (``MergeSQL/park(_:)``), then each is written. Rows that do not go in even so are left out, with all that the others
  /// had of them, and the others are tried again.
  var rings: SQL {
    guard !table.setColumns.isEmpty else { return "-- No update sets a column." }
    let parking = merge.park("pgtide.part")
    let order = [Verdict.update, Verdict.insert]
    let acts = [parking.map { _ in Self.park }].compactMap(\.self) + (table.insertsFirst ? order.reversed() : order)
    let list = acts.map { "\(literal: $0)" as SQL }.joined(separator: ", ")
    return """
      together := waiting;
      <<rings>>
      FOR pass IN 1 .. \(Self.passes) LOOP
        -- Without an update nothing is given up.
        EXIT WHEN ended OR NOT EXISTS (
          SELECT FROM pg_catalog.unnest(pgtide.together) AS w (item)
          WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) \(literal: Verdict.update)
            AND w.item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) ANY ('{23505,23P01}'));
        outside := '{}';
        counts := ARRAY[0, 0];
        state := NULL;
        BEGIN
          acts := ARRAY[\(list)];
          FOREACH act IN ARRAY acts LOOP
            block := ARRAY(
              SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid
              FROM pg_catalog.unnest(pgtide.together) WITH ORDINALITY AS w (item, place)
              WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) CASE WHEN pgtide.act OPERATOR(pg_catalog.=) \(literal: Self.park)
                THEN \(literal: Verdict.update) ELSE pgtide.act END
              ORDER BY w.place);
            -- Where not all rows could give up their values, each may wait for the one before.
            FOR pass IN 1 .. \(Self.passes) LOOP
              inside := '{}';
              has_written := false;
              low := 1;
              high := pg_catalog.cardinality(block);
              WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
                part := block[low:high];
                state := NULL;
                BEGIN
                  \(indented: write(parking: parking, carrying: table.followers), by: 16)
                  IF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(part)
                      AND act OPERATOR(pg_catalog.<>) \(literal: Self.park) THEN
                    RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
                  END IF;
                EXCEPTION WHEN OTHERS OR assert_failure THEN
                  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
                  IF state OPERATOR(pg_catalog.<>) \(literal: Self.incomplete) AND NOT \(RowError.condition("state")) THEN
                    RAISE;
                  END IF;
                END;
                IF state IS NOT NULL AND low OPERATOR(pg_catalog.<) high THEN
                  high := low;
                  CONTINUE;
                ELSIF act OPERATOR(pg_catalog.=) \(literal: Self.park) THEN
                  -- A row that keeps its value may find its place all the same.
                  state := NULL;
                ELSIF state IS NOT NULL THEN
                  inside := inside OPERATOR(pg_catalog.||) part;
                ELSIF act OPERATOR(pg_catalog.=) \(literal: Verdict.update) THEN
                  counts[1] := counts[1] OPERATOR(pg_catalog.+) written;
                ELSE
                  counts[2] := counts[2] OPERATOR(pg_catalog.+) written;
                END IF;
                has_written := has_written OR state IS NULL;
                low := high OPERATOR(pg_catalog.+) 1;
                high := low;
              END LOOP;
              EXIT WHEN act OPERATOR(pg_catalog.=) \(literal: Self.park) OR NOT has_written
                OR pg_catalog.cardinality(inside) OPERATOR(pg_catalog.=) 0;
              block := inside;
            END LOOP;
            outside := outside OPERATOR(pg_catalog.||) inside;
          END LOOP;
          IF pg_catalog.cardinality(outside) OPERATOR(pg_catalog.>) 0 THEN
            RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
          END IF;
        EXCEPTION WHEN SQLSTATE \(literal: Self.incomplete) THEN
          state := \(literal: Self.incomplete);
        END;
        IF pg_catalog.cardinality(outside) OPERATOR(pg_catalog.=) 0 THEN
          updated := updated OPERATOR(pg_catalog.+) counts[1];
          inserted := inserted OPERATOR(pg_catalog.+) counts[2];
          has_moved := true;
          outside := ARRAY(
            SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid FROM pg_catalog.unnest(pgtide.together) AS w (item));
          waiting := ARRAY(
            SELECT w.item FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
            WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.outside)
            ORDER BY w.place);
          EXIT rings;
        END IF;
        together := ARRAY(
          SELECT w.item FROM pg_catalog.unnest(pgtide.together) WITH ORDINALITY AS w (item, place)
          WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.outside)
          ORDER BY w.place);
      END LOOP;
      """
  }
}
