import PostgresValues

/// The code that finds staged rows with a value which the target's own type refuses, such as a domain's CHECK in one
/// element of an array: no condition can ask for it beforehand, and an error would take all rows along.
///
/// It is run when the comparison has met such an error. Blocks of rows are cast inside sub-transactions; one that fails
/// is halved until a single row is left, which goes into the delta with the server's words.
package struct MisfitSQL: Sendable {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  private static let blockRows = 1024

  /// Columns whose value the target makes out of the staged one. Of rows that stay as they stand, only what the comparison asks
  /// for: other values of theirs are not written.
  package var columns: [ColumnPlan] {
    let made = table.columns.filter(\.isMadeByTarget)
    guard table.keepsStanding else { return made }
    let compared = Set((table.key.naming + table.references.flatMap(\.columns)).map(\.name))
    return made.filter { compared.contains($0.name) }
  }

  package var run: SQL { "DO \(dollarQuoted: code)" }

  private var code: SQL {
    """
    -- Looks for rows with a value that its column's type refuses.
    #variable_conflict use_column
    <<pgtide>>
    DECLARE
      block pg_catalog.tid[];
      low integer;             -- the part that is tried is block[low:high]
      high integer;
      part pg_catalog.tid[];
      bad_until integer;       -- a part that ended here failed
      state pg_catalog.text;   -- NULL: the part could be cast
      message pg_catalog.text;
      subject pg_catalog.text;
    BEGIN
      FOR block IN
        SELECT pg_catalog.array_agg(placed.row_id)
        FROM (
          SELECT s.ctid AS row_id, (pg_catalog.row_number() OVER ()) OPERATOR(pg_catalog./) \(Self.blockRows) AS place
          FROM \(table.stage.stage) s) AS placed
        GROUP BY placed.place
      LOOP
        low := 1;
        bad_until := 0;
        WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
          high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
            THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2 ELSE pg_catalog.cardinality(block) END;
          part := block[low:high];
          state := NULL;
          BEGIN
            PERFORM pg_catalog.count(ROW(\(columns.map(\.guardedValue).joined(separator: ", "))))
            FROM \(table.stage.stage) s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part);
          EXCEPTION WHEN OTHERS OR assert_failure THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
            IF NOT \(RowError.condition("state")) THEN
              RAISE;
            END IF;
          END;
          IF state IS NULL THEN
            low := high OPERATOR(pg_catalog.+) 1;
            CONTINUE;
          ELSIF low OPERATOR(pg_catalog.<) high THEN
            bad_until := high;
            CONTINUE;
          END IF;
          subject := NULL;
          \(indented: columns.map(finding).joined(separator: "\n"), by: 6)
          INSERT INTO \(table.stage.delta) (row_id, verdict, message)
          VALUES (pgtide.part[1], pg_catalog.concat(\(literal: Verdict.reject(.doesNotFit, about: "")), pgtide.subject),
            pg_catalog.format('%s (SQLSTATE %s)', pgtide.message, pgtide.state));
          low := low OPERATOR(pg_catalog.+) 1;
        END LOOP;
      END LOOP;
    END pgtide
    """
  }

  /// Says of the single row `part[1]` whether it is this column.
  private func finding(_ column: ColumnPlan) -> SQL {
    """
    IF subject IS NULL THEN
      BEGIN
        PERFORM pg_catalog.count(ROW(\(column.guardedValue)))
        FROM \(table.stage.stage) s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part);
      EXCEPTION WHEN OTHERS OR assert_failure THEN
        subject := \(literal: column.name.name);
      END;
    END IF;
    """
  }
}

extension ColumnPlan {
  /// The target's value is another expression than the staged column, which may fail.
  package var isMadeByTarget: Bool { staged != nil && (fits != nil || value.text != ("s.\(name)" as SQL).text) }
}
