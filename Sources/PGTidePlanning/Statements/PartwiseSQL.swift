import PostgresValues

/// The code that writes a delta in parts, inside the server, so that a refused row costs no round trip.
///
/// Rows are walked in the order of their key. Each part is written inside a sub-transaction. One that fails is halved
/// until a single row is left, which is refused with the server's words. How many rows are tried at once follows from
/// how many were refused so far: with one bad row in 13, parts of a thousand would mostly be written in vain.
///
/// What only other rows forbid (a unique value, a parent in the same table) is tried again when the others are in, as
/// long as that gets a row further.
package struct PartwiseSQL: Sendable {
  package let table: TablePlan
  /// More refused rows than this end the search, because the table will not be written; `nil` never.
  package let room: Int?

  /// The rows of the source that are in the stage.
  package let read: BucketChoice

  package init(table: TablePlan, room: Int?, read: BucketChoice = .all) {
    self.table = table
    self.room = room
    self.read = read
  }

  /// Rows in a part at most, and in a block that is fetched at a time.
  package static let blockRows = 1024
  /// Passes over rows that wait for others.
  package static let passes = 20
  /// Tries for a row that neither goes in nor is refused, because somebody else writes it at the same time.
  package static let tries = 5

  /// What the code leaves behind, beside the verdicts in the delta: rows inserted, updated and refused, and whether it
  /// was ended by `room`.
  package static let result: SQL = """
    SELECT pg_catalog.current_setting('pgtide.inserted'), pg_catalog.current_setting('pgtide.updated'),
      pg_catalog.current_setting('pgtide.refused'), pg_catalog.current_setting('pgtide.ended')::boolean
    """

  /// What is read of that; `nil` where the code has said nothing.
  package static var outcome: Question<Outcome?> {
    Question(result) { answer in
      answer.rows.first.map {
        Outcome(inserted: $0.int(0) ?? 0, updated: $0.int(1) ?? 0, refused: $0.int(2) ?? 0, hasEnded: $0.bool(3))
      }
    }
  }

  package struct Outcome: Sendable {
    package let inserted: Int
    package let updated: Int
    package let refused: Int
    package let hasEnded: Bool
  }

  package var run: SQL { "DO \(dollarQuoted: code)" }

  var merge: MergeSQL { MergeSQL(table: table) }

  private var code: SQL {
    """
    -- Writes the rows of a delta that the target takes, and rejects the others.
    #variable_conflict use_column
    <<pgtide>>
    DECLARE
      blocks pg_catalog.refcursor;
      verdict pg_catalog.text;            -- of the rows of a block: insert or update
      block pg_catalog.tid[];
      low integer;             -- the part that is tried is block[low:high]
      high integer;
      part pg_catalog.tid[];
      bad_until integer;       -- a part that ended here failed
      act pg_catalog.text;                -- what is done with the part
      tries integer;           -- of a single row that was neither written nor refused
      written bigint;
      foreign_markers bigint;
      moved bigint;
      counted bigint;
      state pg_catalog.text;              -- NULL: the part went in
      message pg_catalog.text;
      detail pg_catalog.text;
      subject pg_catalog.text;
      rule pg_catalog.text;
      fate pg_catalog.text;
      behind pg_catalog.jsonb;            -- what the session had done to rows that refer to the table's
      reached pg_catalog.record;
      others bigint;
      xid pg_catalog.text;
      walked bigint;           -- rows of this pass that have a fate
      failed bigint;           -- of these, rows that did not go in
      inserted bigint := 0;
      updated bigint := 0;
      has_written boolean;
      refused pg_catalog.jsonb[] := '{}';
      refused_rows bigint := 0;
      waiting pg_catalog.jsonb[] := '{}'; -- refused, but perhaps only until another row is in
      again pg_catalog.jsonb[];
      together pg_catalog.jsonb[];        -- rows that wait, and are tried all at once
      outside pg_catalog.tid[];           -- of these, rows that do not go in even so
      inside pg_catalog.tid[];            -- and those that do, or have to be tried again
      turn integer := 0;
      has_moved boolean;       -- rows have gone in together, so that others may
      acts pg_catalog.text[];
      counts bigint[];         -- updated and inserted, of these
      item pg_catalog.jsonb;
      ended boolean := false;
    BEGIN
      <<turns>>
      LOOP
        turn := turn OPERATOR(pg_catalog.+) 1;
        has_moved := false;
        <<passes>>
        FOR pass IN LEAST(turn, 2) .. \(Self.passes) LOOP
          walked := 0;
          failed := 0;
          has_written := false;
          IF pass OPERATOR(pg_catalog.=) 1 THEN
            OPEN blocks FOR
              \(indented: firstBlocks, by: 10);
          ELSE
            again := waiting;
            waiting := '{}';
            OPEN blocks FOR
              \(indented: laterBlocks, by: 10);
          END IF;
          LOOP
            FETCH blocks INTO verdict, block;
            EXIT WHEN NOT FOUND;
            low := 1;
            bad_until := 0;
            act := verdict;
            tries := 0;
            WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
              high := CASE
                WHEN tries OPERATOR(pg_catalog.>) 0 THEN low
                WHEN low OPERATOR(pg_catalog.<=) bad_until
                  THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
                WHEN failed OPERATOR(pg_catalog.=) 0 THEN pg_catalog.cardinality(block)
                -- Half of what lies between two bad rows so far.
                ELSE LEAST(
                  low OPERATOR(pg_catalog.+) ((walked OPERATOR(pg_catalog.+) \(Self.blockRows)) OPERATOR(pg_catalog./) 2
                    OPERATOR(pg_catalog./) (failed OPERATOR(pg_catalog.+) 1)),
                  pg_catalog.cardinality(block)) END;
              part := block[low:high];
              state := NULL;
              BEGIN
                \(indented: write(), by: 16)
                IF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(part) AND low OPERATOR(pg_catalog.<) high THEN
                  RAISE EXCEPTION USING ERRCODE = \(literal: Self.incomplete), MESSAGE = 'not all rows were written';
                END IF;
              EXCEPTION WHEN OTHERS OR assert_failure THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
                  subject = COLUMN_NAME, rule = CONSTRAINT_NAME;
                IF state OPERATOR(pg_catalog.<>) \(literal: Self.incomplete) AND NOT \(RowError.condition("state")) THEN
                  RAISE;
                END IF;
              END;
              IF state IS NULL AND written OPERATOR(pg_catalog.=) pg_catalog.cardinality(part) THEN
                IF act OPERATOR(pg_catalog.=) \(literal: Verdict.update)
                  THEN updated := updated OPERATOR(pg_catalog.+) written;
                ELSE inserted := inserted OPERATOR(pg_catalog.+) written; END IF;
                walked := walked OPERATOR(pg_catalog.+) written;
                has_written := true;
                low := high OPERATOR(pg_catalog.+) 1;
                act := verdict;
                tries := 0;
                CONTINUE;
              ELSIF low OPERATOR(pg_catalog.<) high THEN
                bad_until := high;
                CONTINUE;
              END IF;
              -- A single row that did not go in.
              IF state IS NULL THEN
                tries := tries OPERATOR(pg_catalog.+) 1;
                \(indented: merge.fate(of: "pgtide.part[1]"), by: 12)
                INTO pgtide.fate;
                IF fate OPERATOR(pg_catalog.=) \(literal: Verdict.protected) THEN
                  refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                    fate));
                ELSIF fate OPERATOR(pg_catalog.=) \(literal: Verdict.reject(.changesReferrers)) THEN
                  refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict', fate,
                    'subject', '', 'message', 'rows that are not ours refer to it'));
                  refused_rows := refused_rows OPERATOR(pg_catalog.+) 1;
                \(indented: outOfTries, by: 12)
                ELSE
                  act := fate;
                  CONTINUE;
                END IF;
              ELSE
                fate := \(verdict);
                message := pg_catalog.concat_ws(': ', message,
                  CASE WHEN state OPERATOR(pg_catalog.<>) ALL ('{23502,23514}') AND detail OPERATOR(pg_catalog.<>) ''
                    THEN detail END)
                  OPERATOR(pg_catalog.||) CASE WHEN state OPERATOR(pg_catalog.=) \(literal: Self.writesToOthers) THEN ''
                    ELSE ' (SQLSTATE ' OPERATOR(pg_catalog.||) state OPERATOR(pg_catalog.||) ')' END;
                IF \(RowError.isForGood("state")) THEN
                  refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                    fate,
                    'subject', \(subject), 'message', message));
                  refused_rows := refused_rows OPERATOR(pg_catalog.+) 1;
                ELSE
                  waiting := pg_catalog.array_append(waiting, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                    fate,
                    'subject', \(subject), 'message', message, 'act', verdict, 'state', state, 'rule', rule));
                END IF;
              END IF;
              walked := walked OPERATOR(pg_catalog.+) 1;
              failed := failed OPERATOR(pg_catalog.+) 1;
              low := low OPERATOR(pg_catalog.+) 1;
              bad_until := 0;
              act := verdict;
              tries := 0;
              IF \(isOver) THEN
                ended := true;
                EXIT passes;
              END IF;
            END LOOP;
          END LOOP;
          CLOSE blocks;
          EXIT WHEN pg_catalog.cardinality(waiting) OPERATOR(pg_catalog.=) 0 OR NOT has_written;
        END LOOP;
        \(indented: renames, by: 8)
        \(indented: rings, by: 8)
        \(indented: replacements, by: 8)
        EXIT turns WHEN ended OR NOT has_moved OR pg_catalog.cardinality(waiting) OPERATOR(pg_catalog.=) 0
          OR turn OPERATOR(pg_catalog.>=) \(Self.passes);
      END LOOP;
      \(indented: holders, by: 6)
      refused := refused OPERATOR(pg_catalog.||) waiting;
      refused_rows := refused_rows OPERATOR(pg_catalog.+) pg_catalog.cardinality(waiting);
      UPDATE \(table.stage.delta) d
      SET verdict = r.item OPERATOR(pg_catalog.->>) 'verdict',
        subject = r.item OPERATOR(pg_catalog.->>) 'subject',
        message = r.item OPERATOR(pg_catalog.->>) 'message'
      FROM pg_catalog.unnest(pgtide.refused) AS r (item)
      WHERE d.row_id OPERATOR(pg_catalog.=) (r.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid;
      PERFORM pg_catalog.set_config('pgtide.inserted', inserted::pg_catalog.text, true),
        pg_catalog.set_config('pgtide.updated', updated::pg_catalog.text, true),
        pg_catalog.set_config('pgtide.refused', refused_rows::pg_catalog.text, true),
          pg_catalog.set_config('pgtide.ended', ended::pg_catalog.text, true);
    END pgtide
    """
  }

  /// Writes the part, and proves it.
  ///
  /// - Parameters:
  ///   - parking: what is done where `act` is ``park``.
  ///   - followers: foreign keys whose rows follow an update.
  func write(parking: SQL? = nil, carrying followers: [FollowerPlan] = []) -> SQL {
    let into: SQL = "INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;"
    let parked: SQL =
      parking.map { parking in
        """
        ELSIF act OPERATOR(pg_catalog.=) \(literal: Self.park) THEN
          \(indented: reachedBefore, by: 2)
          \(indented: parking, by: 2)
          \(into)
          \(indented: othersWritten, by: 2)
        """
      } ?? ""
    return """
      \(countersBefore)
      IF act OPERATOR(pg_catalog.=) \(literal: Verdict.update) THEN
        \(indented: reachedBefore, by: 2)
        \(indented: merge.update(.part("pgtide.part"), carrying: followers), by: 2)
        \(into)
        \(indented: othersWritten, by: 2)
      \(parked)
      ELSE
        \(indented: merge.insert(.part("pgtide.part")), by: 2)
        \(into)
      END IF;
      IF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION USING ERRCODE = \(literal: MergeObstacle.foreignMarker.rawValue), MESSAGE =
          foreign_markers OPERATOR(pg_catalog.||) CASE WHEN foreign_markers OPERATOR(pg_catalog.=) 1
            THEN ' row that it would write shows' ELSE ' rows that it would write show' END
          OPERATOR(pg_catalog.||) ' a marker that is not ours';
      ELSIF moved OPERATOR(pg_catalog.>) 0 THEN
        RAISE EXCEPTION USING ERRCODE = \(literal: MergeObstacle.movedKey.rawValue), MESSAGE =
          moved OPERATOR(pg_catalog.||) CASE WHEN moved OPERATOR(pg_catalog.=) 1
            THEN ' row that it would write has' ELSE ' rows that it would write have' END
          OPERATOR(pg_catalog.||) ' another key than on the source';
      END IF;
      \(countersAfter)
      """
  }

  /// Raised by the code for itself: fewer rows of a part were written than it has.
  static let incomplete = "TIDE0"
  /// Raised by the code of a row, which is refused for it.
  static let writesToOthers = "PGTD1"

  // MARK: - Pieces

  /// The rows in blocks, in the order of the key. What the delta was made for goes first.
  private var firstBlocks: SQL {
    let order = table.key.columns.map(\.guardedValue).joined(separator: ", ")
    return """
      SELECT verdict, pg_catalog.array_agg(row_id ORDER BY place)
      FROM (
        SELECT d.verdict, d.row_id, pg_catalog.row_number() OVER (PARTITION BY d.verdict
          ORDER BY \(order)) OPERATOR(pg_catalog.-) 1 AS place
        FROM \(table.stage.delta) d JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
        WHERE d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update])) placed
      GROUP BY verdict, place OPERATOR(pg_catalog./) \(Self.blockRows)
      ORDER BY verdict\(raw: table.insertsFirst ? "" : " DESC"), place OPERATOR(pg_catalog./) \(Self.blockRows)
      """
  }

  /// The rows that wait, every other time from the end: where each row waits for the next one, all of them go in.
  private var laterBlocks: SQL {
    """
    SELECT act, pg_catalog.array_agg(row_id ORDER BY place)
    FROM (
      SELECT w.item OPERATOR(pg_catalog.->>) 'act' AS act,
        (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid AS row_id,
        pg_catalog.row_number() OVER (
          PARTITION BY w.item OPERATOR(pg_catalog.->>) 'act' ORDER BY
            CASE WHEN (passes.pass OPERATOR(pg_catalog.%) 2) OPERATOR(pg_catalog.=) 0
              THEN 0 OPERATOR(pg_catalog.-) w.place ELSE w.place END) OPERATOR(pg_catalog.-) 1 AS place
      FROM pg_catalog.unnest(pgtide.again) WITH ORDINALITY AS w (item, place)) placed
    GROUP BY act, place OPERATOR(pg_catalog./) \(Self.blockRows)
    ORDER BY act\(raw: table.insertsFirst ? "" : " DESC"), place OPERATOR(pg_catalog./) \(Self.blockRows)
    """
  }

  /// A row that a foreign key refuses lacks its parent, as far as the plan knows the key.
  private var verdict: SQL {
    let known = table.references.filter(\.isForeignKey).flatMap(\.names).map(\.name)
    let refused: SQL = """
      CASE WHEN state OPERATOR(pg_catalog.=) \(literal: Self.writesToOthers) THEN \(literal: Verdict.reject(.changesReferrers))
          ELSE \(literal: Verdict.reject(.refusedByTarget)) END
      """
    guard !known.isEmpty else { return refused }
    return """
      CASE WHEN \(isOrphan(known))
        THEN \(literal: Verdict.reject(.missingParent, about: "")) OPERATOR(pg_catalog.||) rule
          ELSE \(refused) END
      """
  }

  private func isOrphan(_ known: [String]) -> SQL {
    """
    state OPERATOR(pg_catalog.=) \(literal: SQLState.foreignKeyViolation)
        AND rule OPERATOR(pg_catalog.=) \(anyOf: known)
    """
  }

  /// What a refusal is about: the column or the constraint that the server names. For a missing parent the plan knows.
  private var subject: SQL {
    """
    CASE WHEN fate OPERATOR(pg_catalog.=) \(literal: Verdict.reject(.refusedByTarget))
        THEN COALESCE(CASE WHEN subject OPERATOR(pg_catalog.<>) '' THEN subject END, rule, '') END
    """
  }

  /// After how many tries a row is given up, and as what.
  private var outOfTries: SQL {
    guard table.hasBeforeTriggers else {
      return """
        ELSIF tries OPERATOR(pg_catalog.>=) \(Self.tries) THEN
          RAISE EXCEPTION USING ERRCODE = \(literal: MergeObstacle.restlessRows.rawValue), MESSAGE =
            '1 row keeps changing under the merge';
        """
    }
    return """
      ELSIF tries OPERATOR(pg_catalog.>) 1 THEN
        refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1],
          'verdict', \(literal: Verdict.reject(.leftOut)), 'subject', '',
          'message', 'a BEFORE trigger returned NULL for the ' OPERATOR(pg_catalog.||) verdict));
        refused_rows := refused_rows OPERATOR(pg_catalog.+) 1;
      """
  }

  private var isOver: SQL { room.map { "refused_rows OPERATOR(pg_catalog.>) \(max($0, 0))" } ?? "false" }

  // MARK: - Proof

  /// The transaction's own tuple counters prove a part, as they prove a whole merge. What a part that failed has
  /// counted stays in them, so that they are read around each.
  private var counters: SQL {
    let relation = table.counters.relation
    return """
      pg_catalog.pg_stat_get_xact_tuples_inserted(\(relation))
        OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(\(relation))
        OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(\(relation))
      """
  }

  private var countersBefore: SQL {
    table.counters.unusable == nil
      ? "counted := \(counters);" : "-- No counters: \(raw: table.counters.unusable ?? "")."
  }

  private var countersAfter: SQL {
    guard table.counters.unusable == nil else { return "" }
    return """
      counted := \(counters) OPERATOR(pg_catalog.-) counted;
      IF counted OPERATOR(pg_catalog.<>) written THEN
        RAISE EXCEPTION USING ERRCODE = \(literal: MergeObstacle.miscounted.rawValue), MESSAGE =
          pg_catalog.format('the server counts %s rows written where %s came back', counted, written);
      END IF;
      """
  }
}
