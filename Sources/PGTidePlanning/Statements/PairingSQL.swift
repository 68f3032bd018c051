import PostgresValues

/// The statements that pair the staged rows of a table with the target's, one with one, and that make sure in the landing that
/// the pairs still hold (``PairingPlan``).
///
/// A protected row is the partner only of what no row of ours is left for: the application has claimed a row of ours, or has
/// one of its own that matches.
///
/// Rows are paired by hashes of 64 bits: of the columns by which they match, and of how they look. If two of those were the same
/// by chance, rows would be paired that have nothing in common. They are still compared one by one, so that each would be made
/// what its partner is.
package struct PairingSQL: Sendable {
  package let table: TablePlan
  let pairing: PairingPlan
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
  /// thousand copies with each other. Of the target's rows only those count that match a staged one, which are few where
  /// digests have told what differs. That is asked by a CASE, through which the planner cannot see that another join would do.
  package var assign: SQL {
    """
    WITH \(paired(table.castableRows(leavesMisfitsOut: leavesMisfitsOut), with: rows))
    UPDATE \(table.stage.stage) s SET \(keys.map { "\($0.staged) = pairs.\($0.name)" as SQL }.joined(separator: ", "))
    FROM pairs
    WHERE s.ctid OPERATOR(pg_catalog.=) pairs.row_id
      AND ROW(\(keys.map { "s.\($0.staged)" as SQL }.joined(separator: ", ")))::pg_catalog.record
        OPERATOR(pg_catalog.*<>) ROW(\(keys.map { "pairs.\($0.name)" as SQL }.joined(separator: ", ")))::pg_catalog.record
    """
  }

  /// The places of staged rows that have been written, and the keys of the target's rows that they have become. The stage still says
  /// that those which have gone in have no partner: they are paired with the rows of ours that no other staged row has.
  var landed: SQL {
    let inserted: SQL = """
      (SELECT b.*, b.ctid FROM \(table.stage.stage) b JOIN \(table.stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) b.ctid
            WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert) OFFSET 0)
      """
    let isTaken = zip(keys, table.key.equality).map { "p.\($0.staged) \($1) \($0.standing)" as SQL }
    let conditions =
      table.isMatchable + [
        "NOT EXISTS (SELECT FROM \(table.stage.stage) p WHERE \(isTaken.joined(separator: " AND ")))"
      ]
    let rest: SQL = "\(table.targetRows) t WHERE \(conditions.joined(separator: " AND "))"
    return """
      (WITH \(paired(inserted, with: rest))
      SELECT * FROM pairs
      UNION ALL
      SELECT s.ctid, \(keys.map { "s.\($0.staged)" as SQL }.joined(separator: ", ")) FROM \(table.stage.stage) s
      WHERE s.\(PairingPlan.column(0)) IS NOT NULL)
      """
  }

  /// The rows of the target `t` whose key a row of ``landed`` has.
  func isPartner(_ landed: SQL) -> SQL {
    zip(keys, table.key.equality).map { "\($0.standing) \($1) \(landed).\($0.name)" as SQL }.joined(separator: " AND ")
  }

  /// The common table expressions of which `pairs` has the staged rows' places and their partners' keys.
  private func paired(_ staged: SQL, with standing: SQL) -> SQL {
    let names = keys.map(\.name).joined(separator: ", ")
    let numbered: SQL = "PARTITION BY match, look ORDER BY"
    return """
      staged AS MATERIALIZED (
        SELECT row_id, match, look, pg_catalog.row_number() OVER (\(numbered) row_id) AS number
        FROM (
          SELECT s.ctid AS row_id, \(stagedMatch) AS match, \(stagedLook) AS look
          FROM \(staged) s
          OFFSET 0
        ) s
      ),
      standing AS MATERIALIZED (
        SELECT \(names), is_protected, match, look,
          pg_catalog.row_number() OVER (\(numbered) is_protected, \(names)) AS number
        FROM (
          SELECT \(keys.map { "\($0.standing) AS \($0.name)" as SQL }.joined(separator: ", ")),
            \(isProtected) AS is_protected, wanted.match, \(standingLook) AS look
          FROM (SELECT t.*, t.tableoid, t.ctid FROM \(standing) OFFSET 0) t
          FULL JOIN (SELECT DISTINCT match FROM staged) wanted ON wanted.match OPERATOR(pg_catalog.=) \(standingMatch)
          WHERE CASE WHEN wanted.match IS NULL THEN false ELSE t.ctid IS NOT NULL END
          OFFSET 0
        ) t
      ),
      same AS MATERIALIZED (
        SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
          \(keys.map { "t.\($0.name)" as SQL }.joined(separator: ", ")), t.is_protected
        FROM staged s FULL JOIN standing t
          ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
      ),
      pairs AS (
        \(indented: pairs, by: 2)
      )
      """
  }

  /// ``assign`` with what goes around it: numbers that differ have texts that differ.
  package var assigning: [SQL] {
    let (opening, closing) = SessionPins.display.lent
    return opening + [assign, closing]
  }

  /// The staged rows with their partners' keys.
  ///
  /// One that looks like a protected row comes last, and keeps that one for its partner unless a row of ours is left for it.
  private var pairs: SQL {
    let names = keys.map(\.name).joined(separator: ", ")
    // Rows that match look the same.
    if pairing.isWhole { return "SELECT row_id, \(names) FROM same WHERE row_id IS NOT NULL" }
    let partner = keys.map { key in
      "CASE WHEN s.is_protected AND t.is_protected IS NOT FALSE THEN s.\(key.name) ELSE t.\(key.name) END" as SQL
    }
    return """
      SELECT row_id, \(names) FROM same WHERE row_id IS NOT NULL AND NOT is_protected
      UNION ALL
      SELECT s.row_id, \(partner.joined(separator: ", "))
      FROM (
        SELECT row_id, \(names), is_protected, match,
          pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected IS NOT NULL, look, row_id) AS number
        FROM same WHERE row_id IS NOT NULL AND is_protected IS NOT FALSE
      ) s
      FULL JOIN (
        SELECT \(names), is_protected, match,
          pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected, \(names)) AS number
        FROM same WHERE row_id IS NULL
      ) t ON ARRAY[t.match, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.number]
      WHERE s.row_id IS NOT NULL
      """
  }

  /// For each column of the key what it is called in the statement, in the stage and in the target.
  var keys: [(name: SQL, staged: SQL, standing: SQL)] {
    table.key.columns.enumerated().map { place, column in
      ("k\(place + 1)", "\(PairingPlan.column(place))", "t.\(column.name)")
    }
  }

  /// The target's rows `t` that can be partners.
  var rows: SQL {
    let hasKey = table.hasKey
    return "\(table.targetRows) t\(hasKey.isEmpty ? "" : " WHERE \(hasKey.joined(separator: " AND "))")"
  }

  var isProtected: SQL { table.origin.map { "NOT \($0.isOurs("t"))" } ?? "false" }

  /// NULL for a row that can have no partner: a value by which it is matched does not fit, or was not found.
  var stagedMatch: SQL {
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

  var standingMatch: SQL { hash(pairing.match) { "t.\($0.name)" } }

  /// What rows look like that are matched by all their columns is said by these.
  private var stagedLook: SQL { pairing.isWhole ? "0::bigint" : look(\.guardedValue) }
  private var standingLook: SQL { pairing.isWhole ? "0::bigint" : look { "t.\($0.name)" } }

  /// The staged row `s` and the target's row `t` are the same in these columns of those by which rows are paired; `nil` without any.
  func isAlike(_ columns: [ColumnPlan]) -> SQL? {
    guard !columns.isEmpty else { return nil }
    return "\(hashValues(columns) { "t.\($0.name)" }) OPERATOR(pg_catalog.=) \(hashValues(columns, \.guardedValue))"
  }

  private func hash(_ columns: [ColumnPlan], _ value: (ColumnPlan) -> SQL) -> SQL {
    pairing.isWhole ? look(value) : hashValues(columns, value)
  }

  private func hashValues(_ columns: [ColumnPlan], _ value: (ColumnPlan) -> SQL) -> SQL {
    RowLook.hash(
      columns.map { column in
        pairing.compared.contains(column.name)
          ? value(column) : "(\(DeleteSQL.text(value(column)))) COLLATE pg_catalog.\"C\""
      })
  }

  /// Of rows that stay as they stand, a value that does not fit must not be cast.
  private func look(_ value: (ColumnPlan) -> SQL) -> SQL {
    let columns = table.keepsStanding ? table.columns.filter { !$0.isMadeByTarget } : table.columns
    let row: SQL = "ROW(\(columns.map(value).joined(separator: ", ")))::pg_catalog.record"
    return "pg_catalog.hashtextextended((\(row))::pg_catalog.text COLLATE pg_catalog.\"C\", 0)"
  }
}
