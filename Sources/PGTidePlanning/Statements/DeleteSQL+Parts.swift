import PostgresValues

/// The code that deletes in parts, inside the server, where the target refuses to let a row go: its triggers raise errors.
///
/// Each part is deleted inside of a sub-transaction. One that fails is halved until a single row is left, which stays, with the
/// server's words.
extension DeleteSQL {
  /// Rows of the table do not refer to each other: those that go in different parts would be in each other's way.
  package var goesInParts: Bool { !deletes.dependents.contains { $0.table == table.target } }

  /// Deletes the rows that are locked, in parts. What has become of them is asked with ``outcomeOfParts``.
  package func deleteInParts(run: RunIdentity) -> SQL { "DO \(dollarQuoted: code(run))" }

  /// How many rows have gone, and how many of them show a marker that is not ours.
  package static let outcomeOfParts: SQL =
    "SELECT pg_catalog.current_setting('pgtide.gone'), pg_catalog.current_setting('pgtide.foreign_markers')"

  private func code(_ run: RunIdentity) -> SQL {
    """
    -- Deletes the rows that the target lets go, and keeps the others.
    #variable_conflict use_column
    <<pgtide>>
    DECLARE
      entries pg_catalog.tid[];      -- of the delta, a row each
      low integer := 1;              -- the part that is tried is entries[low:high]
      high integer;
      part pg_catalog.tid[];
      bad_until integer := 0;        -- a part that ended here failed
      counted bigint;
      foreign_markers bigint;
      all_counted bigint := 0;
      all_foreign bigint := 0;
      state pg_catalog.text;
      words pg_catalog.text;
      context pg_catalog.text;       -- what was being run: the statement itself stands behind what it has called
    BEGIN
      entries := ARRAY(SELECT d.ctid FROM \(delta) d
        WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleting) ORDER BY d.row_key);
      WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(entries) LOOP
        high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
          THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
          ELSE LEAST(low OPERATOR(pg_catalog.+) \(PartwiseSQL.blockRows - 1), pg_catalog.cardinality(entries)) END;
        part := entries[low:high];
        state := NULL;
        BEGIN
          \(indented: delete(run: run, part: "pgtide.part"), by: 10)
          INTO pgtide.counted, pgtide.foreign_markers;
        EXCEPTION WHEN OTHERS OR assert_failure THEN
          GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, words = MESSAGE_TEXT,
            context = PG_EXCEPTION_CONTEXT;
          IF NOT (\(RowError.condition("state"))
            OR \(RowError.isAboutRowOfFunction("state"))
              AND pg_catalog.strpos(pg_catalog.split_part(context, 'WITH gone AS', 1), E'\\n') OPERATOR(pg_catalog.>) 0) THEN
            RAISE;
          END IF;
        END;
        IF state IS NULL THEN
          all_counted := all_counted OPERATOR(pg_catalog.+) counted;
          all_foreign := all_foreign OPERATOR(pg_catalog.+) foreign_markers;
          low := high OPERATOR(pg_catalog.+) 1;
        ELSIF low OPERATOR(pg_catalog.<) high THEN
          bad_until := high;
        ELSE
          UPDATE \(delta) d SET verdict = \(literal: Verdict.delete), message = pg_catalog.concat(
            pgtide.words, ' (SQLSTATE ', pgtide.state, ')')
          WHERE d.ctid OPERATOR(pg_catalog.=) pgtide.part[1];
          low := low OPERATOR(pg_catalog.+) 1;
          bad_until := 0;
        END IF;
      END LOOP;
      PERFORM pg_catalog.set_config('pgtide.gone', all_counted::pg_catalog.text, true),
        pg_catalog.set_config('pgtide.foreign_markers', all_foreign::pg_catalog.text, true);
    END pgtide
    """
  }
}
