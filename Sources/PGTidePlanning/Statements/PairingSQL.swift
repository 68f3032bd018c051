import PostgresValues

/// The statements that pair the staged rows of a table with rows of ours, one with one, and that make sure in the landing that
/// the pairs still hold (``PairingPlan``).
///
/// Rows are paired by hashes of 64 bits: of the columns by which they match, and of how they look. If two of those were the same
/// by chance, rows would be paired that have nothing in common. They are still compared one by one, so that each would be made
/// what its partner is.
package struct PairingSQL: Sendable {
  package let table: TablePlan
  private let pairing: PairingPlan
  /// Rows that stand in the delta already, because the target's types refuse a value of theirs, get no partner.
  private let leavesMisfitsOut: Bool

  /// `nil` where the key stands on both ends.
  package init?(_ table: TablePlan, leavesMisfitsOut: Bool = false) {
    guard let pairing = table.key.pairing else { return nil }
    self.table = table
    self.pairing = pairing
    self.leavesMisfitsOut = leavesMisfitsOut
  }

  // MARK: - Pairing

  /// Gives each staged row the key of its partner, or takes it away.
  ///
  /// Among rows that match, those that look the same are paired first, so that nothing of them is written; then the others, in
  /// the order of their looks and of the target's keys. The joins are FULL ones, which are done by hashing or sorting whatever
  /// the planner believes, and each has one condition: of several it may sort by the first alone, and then try each of some
  /// thousand copies with each other.
  package var assign: SQL {
    let names = keys.map(\.name).joined(separator: ", ")
    let numbered: SQL = "PARTITION BY match, look ORDER BY"
    return """
      WITH staged AS MATERIALIZED (
        SELECT row_id, match, look, pg_catalog.row_number() OVER (\(numbered) row_id) AS number
        FROM (
          SELECT s.ctid AS row_id, \(stagedMatch) AS match, \(stagedLook) AS look
          FROM \(table.castableRows(leavesMisfitsOut: leavesMisfitsOut)) s
          OFFSET 0
        ) s
      ),
      standing AS MATERIALIZED (
        SELECT \(names), match, look, pg_catalog.row_number() OVER (\(numbered) \(names)) AS number
        FROM (
          SELECT \(keys.map { "\($0.standing) AS \($0.name)" as SQL }.joined(separator: ", ")),
            \(standingMatch) AS match, \(standingLook) AS look
          FROM \(rows)
          OFFSET 0
        ) t
      ),
      same AS MATERIALIZED (
        SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
          \(keys.map { "t.\($0.name)" as SQL }.joined(separator: ", ")), t.number IS NOT NULL AS has_key
        FROM staged s FULL JOIN standing t
          ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
      ),
      pairs AS (
        \(indented: pairs, by: 2)
      )
      UPDATE \(table.stage.stage) s SET \(keys.map { "\($0.staged) = pairs.\($0.name)" as SQL }.joined(separator: ", "))
      FROM pairs
      WHERE s.ctid OPERATOR(pg_catalog.=) pairs.row_id
        AND ROW(\(keys.map { "s.\($0.staged)" as SQL }.joined(separator: ", ")))::pg_catalog.record
          OPERATOR(pg_catalog.*<>) ROW(\(keys.map { "pairs.\($0.name)" as SQL }.joined(separator: ", ")))::pg_catalog.record
      """
  }

  /// ``assign`` with what goes around it: numbers that differ have texts that differ.
  package var assigning: [SQL] {
    let (opening, closing) = SessionPins.display.lent
    return opening + [assign, closing]
  }

  /// The staged rows with their partners' keys.
  private var pairs: SQL {
    let names = keys.map(\.name).joined(separator: ", ")
    // Rows that match look the same.
    if pairing.isWhole { return "SELECT row_id, \(names) FROM same WHERE row_id IS NOT NULL" }
    return """
      SELECT row_id, \(names) FROM same WHERE row_id IS NOT NULL AND has_key
      UNION ALL
      SELECT s.row_id, \(keys.map { "t.\($0.name)" as SQL }.joined(separator: ", "))
      FROM (
        SELECT row_id, match, pg_catalog.row_number() OVER (PARTITION BY match ORDER BY look, row_id) AS number
        FROM same WHERE NOT has_key
      ) s
      FULL JOIN (
        SELECT \(names), match, pg_catalog.row_number() OVER (PARTITION BY match ORDER BY \(names)) AS number
        FROM same WHERE row_id IS NULL
      ) t ON ARRAY[t.match, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.number]
      WHERE s.row_id IS NOT NULL
      """
  }

  /// For each column of the key what it is called in the statement, in the stage and in the target.
  private var keys: [(name: SQL, staged: SQL, standing: SQL)] {
    table.key.columns.enumerated().map { place, column in
      ("k\(place + 1)", "\(PairingPlan.column(place))", "t.\(column.name)")
    }
  }

  private var isMatchable: SQL {
    table.isMatchable.isEmpty ? "" : " WHERE \(table.isMatchable.joined(separator: " AND "))"
  }

  /// NULL for a row that can have no partner: a value by which it is matched does not fit, or was not found.
  private var stagedMatch: SQL {
    var conditions = pairing.match.compactMap(\.fits).map { "(\($0)) IS NOT FALSE" as SQL }
    if table.stage.marksUnreadable { conditions.append("s.\(StageTable.unreadableColumn) IS NULL") }
    let translates = table.targetLookups.contains { $0.translation != nil }
    if pairing.match.contains(where: { $0.lookup != nil || translates && $0.isLookedUpOnTarget }) {
      conditions.append("s.\(StageTable.lookupColumn) IS NULL")
    }
    // A value that the run is still to make is that of no row that stands there.
    if pairing.match.contains(where: \.isLookedUpOnTarget) {
      conditions.append("s.\(StageTable.targetLookupColumn) IS NULL")
    }
    let match = hash(pairing.match, \.guardedValue)
    return conditions.isEmpty ? match : "CASE WHEN \(conditions.joined(separator: " AND ")) THEN \(match) END"
  }

  private var standingMatch: SQL { hash(pairing.match) { "t.\($0.name)" } }

  /// What rows look like that are matched by all their columns is said by these.
  private var stagedLook: SQL { pairing.isWhole ? "0::bigint" : look(\.guardedValue) }
  private var standingLook: SQL { pairing.isWhole ? "0::bigint" : look { "t.\($0.name)" } }

  private func hash(_ columns: [ColumnPlan], _ value: (ColumnPlan) -> SQL) -> SQL {
    if pairing.isWhole { return look(value) }
    return RowLook.hash(
      columns.map { column in
        pairing.compared.contains(column.name)
          ? value(column) : "(\(DeleteSQL.text(value(column)))) COLLATE pg_catalog.\"C\""
      })
  }

  private func look(_ value: (ColumnPlan) -> SQL) -> SQL {
    let row: SQL = "ROW(\(table.columns.map(value).joined(separator: ", ")))::pg_catalog.record"
    return "pg_catalog.hashtextextended((\(row))::pg_catalog.text COLLATE pg_catalog.\"C\", 0)"
  }

  // MARK: - Holding

  /// What rows of ours there were at one time.
  package struct Standing: Sendable, Equatable {
    /// Their number, and their places and versions: where it is the same at two times, nobody has written to them in between.
    package let versions: String
    /// Their number, and what they can be paired by: where it is the same, those that were paired can be paired still.
    package let pairs: String

    package init(versions: String, pairs: String) {
      self.versions = versions
      self.pairs = pairs
    }
  }

  /// Both in one scan.
  package var standing: SQL { "SELECT \(summary(version)), \(summary(pair)) FROM \(rows)" }

  /// Under settings by which texts are the same at both times.
  package var standingQuestion: Question<Standing?> {
    let (opening, closing) = SessionPins.values.lent
    return Question.all(
      .running(opening), Question(standing) { $0.rows.first.map { Standing(versions: $0.text(0), pairs: $0.text(1)) } },
      .running([closing])
    ).map { $0.1 }
  }

  /// Keeps others from writing to the tables until the transaction ends, and fails if the rows of ours can not be paired any more
  /// as they were. Who has written to other columns is not in the way.
  ///
  /// - Parameter tables: in the order in which they merge, with the answers to ``standing``.
  package static func hold(_ tables: [(sql: PairingSQL, standing: Standing)]) -> [SQL] {
    guard !tables.isEmpty else { return [] }
    let names = tables.map(\.sql.table.targetRows).joined(separator: ", ")
    let (opening, closing) = SessionPins.values.lent
    return ["LOCK TABLE \(names) IN SHARE ROW EXCLUSIVE MODE"] + opening + tables.map { $0.sql.mustBe($0.standing) } + [
      closing
    ]
  }

  private func mustBe(_ standing: Standing) -> SQL {
    """
    SELECT CASE WHEN (SELECT \(summary(version)) FROM \(rows)) OPERATOR(pg_catalog.=) \(bind: standing.versions)::pg_catalog.text
      THEN true
      ELSE COALESCE((SELECT pg_catalog.concat(\(literal: Self.changed), ' ', now.pairs)
        FROM (SELECT \(summary(pair)) FROM \(rows)) AS now (pairs)
        WHERE now.pairs OPERATOR(pg_catalog.<>) \(bind: standing.pairs)::pg_catalog.text), 'true')::boolean END
    """
  }

  private var rows: SQL { "\(table.targetRows) t\(isMatchable)" }

  private func summary(_ look: SQL) -> SQL {
    "pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(\(look)))"
  }

  private var version: SQL { "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0)" }

  /// A row without a key may have another place by now: it is deleted only if it has not.
  private var pair: SQL {
    guard !pairing.isKeyless else { return standingMatch }
    let key = keys.map(\.standing).joined(separator: ", ")
    return "pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', \(key), \(standingMatch)), 0)"
  }

  /// What the server's error begins with, in its quotes.
  private static let changed = "pgtide finds rows changed since they were paired:"

  /// Somebody has written to the rows since.
  package static func isChange(_ error: PostgresError) -> Bool {
    error.sqlState == "22P02" && error.message.contains(changed)
  }

  package static func error(_ tables: [TablePlan]) -> SyncError {
    var error = SyncError(
      table: tables.count == 1 ? tables[0].target : nil,
      message:
        "rows of ours have come, gone or changed between the comparison and the merge, so that they may pair otherwise, and nothing "
        + "was committed",
      advice: "Run again when the app is less busy")
    error.saysPairsChanged = true
    return error
  }

  // MARK: - Proof

  /// How many rows the target lacks, of those that match the staged rows which have gone in: a trigger has made something else
  /// of them, so that the next run would insert them once more.
  package var countLost: SQL {
    """
    WITH written AS (
      SELECT match, pg_catalog.count(*) AS rows
      FROM (
        SELECT \(stagedMatch) AS match FROM \(table.stage.stage) s JOIN \(table.stage.delta) d
          ON d.row_id OPERATOR(pg_catalog.=) s.ctid
        WHERE d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update])
        OFFSET 0
      ) s
      GROUP BY match
    ),
    standing AS (
      SELECT match, pg_catalog.count(*) AS rows
      FROM (SELECT \(standingMatch) AS match FROM \(rows) OFFSET 0) t
      GROUP BY match
    )
    SELECT COALESCE(pg_catalog.sum(w.rows OPERATOR(pg_catalog.-) COALESCE(t.rows, 0)), 0)
    FROM written w LEFT JOIN standing t ON t.match OPERATOR(pg_catalog.=) w.match
    WHERE COALESCE(t.rows, 0) OPERATOR(pg_catalog.<) w.rows
    """
  }
}

extension TablePlan {
  /// What triggers make of its rows may keep these from being paired again.
  package var mayLosePairs: Bool { key.pairing != nil && (hasBeforeTriggers || rewrites.isPossible) }
}
