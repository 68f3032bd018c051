import PostgresValues

/// What makes sure in the landing that the pairs still hold, and that rows which have gone in will be paired again.
extension PairingSQL {
  /// What rows the target had at one time.
  package struct Standing: Sendable, Equatable {
    /// The number of all rows, and their places and versions: where it is the same at two times, nobody has written to them in
    /// between.
    package let versions: String
    /// The number of rows of ours, and what they can be paired by: where it is the same, those that were paired can be paired
    /// still.
    package let pairs: String

    package init(versions: String, pairs: String) {
      self.versions = versions
      self.pairs = pairs
    }
  }

  /// Both in one scan.
  package var standing: SQL { "SELECT \(summary(version)), \(summary(pair, areOurs: true)) FROM \(rows)" }

  /// Under settings by which texts are the same at both times.
  package var standingQuestion: Question<Standing?> {
    let (opening, closing) = SessionPins.values.lent
    return Question.all(
      .running(opening), Question(standing) { $0.rows.first.map { Standing(versions: $0.text(0), pairs: $0.text(1)) } },
      .running([closing])
    ).map { $0.1 }
  }

  /// Keeps others from writing to the tables until the transaction ends, and fails if the rows can not be paired any more as they
  /// were. Who has written to other columns is not in the way, nor is a partner that is protected and has gone: the next run
  /// finds that.
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
        FROM (SELECT \(summary(pair, areOurs: true)) FROM \(rows)) AS now (pairs)
        WHERE now.pairs OPERATOR(pg_catalog.<>) \(bind: standing.pairs)::pg_catalog.text\(hasArrivals)), 'true')::boolean END
    """
  }

  /// A protected row has come that would be the partner of a row which is about to go in.
  private var hasArrivals: SQL {
    guard table.origin != nil else { return "" }
    let isInserted: SQL = "d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert)"
    let partner: SQL = "s.\(PairingPlan.column(0))"
    return """
       OR EXISTS (
          SELECT FROM (
            SELECT s.match, pg_catalog.count(s.partner) AS partners
            FROM (
              SELECT \(stagedMatch) AS match, \(partner) AS partner, \(isInserted) AS is_inserted
              FROM \(table.stage.stage) s LEFT JOIN \(table.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
              WHERE \(partner) IS NOT NULL OR \(isInserted)
              OFFSET 0) s
            GROUP BY s.match HAVING pg_catalog.bool_or(s.is_inserted)) s
          JOIN (
            SELECT t.match, pg_catalog.count(*) AS rows FROM (SELECT \(standingMatch) AS match FROM \(rows) OFFSET 0) t
            GROUP BY t.match) t ON t.match OPERATOR(pg_catalog.=) s.match
          WHERE t.rows OPERATOR(pg_catalog.>) s.partners)
      """
  }

  private func summary(_ look: SQL, areOurs: Bool = false) -> SQL {
    let filter: SQL = areOurs ? table.origin.map { " FILTER (WHERE \($0.isOurs("t")))" } ?? "" : ""
    return "pg_catalog.concat_ws(' ', pg_catalog.count(*)\(filter), pg_catalog.sum(\(look))\(filter))"
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
      FROM (SELECT \(standingMatch) AS match FROM \(ours) OFFSET 0) t
      GROUP BY match
    )
    SELECT COALESCE(pg_catalog.sum(w.rows OPERATOR(pg_catalog.-) COALESCE(t.rows, 0)), 0)
    FROM written w LEFT JOIN standing t ON t.match OPERATOR(pg_catalog.=) w.match
    WHERE COALESCE(t.rows, 0) OPERATOR(pg_catalog.<) w.rows
    """
  }

  private var ours: SQL {
    let conditions = table.isMatchable
    return "\(table.targetRows) t\(conditions.isEmpty ? "" : " WHERE \(conditions.joined(separator: " AND "))")"
  }
}

extension TablePlan {
  /// What triggers make of its rows may keep these from being paired again.
  package var mayLosePairs: Bool { key.pairing != nil && (hasBeforeTriggers || rewrites.isPossible) }
}
