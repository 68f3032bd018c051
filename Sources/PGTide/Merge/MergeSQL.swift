import Postgres

/// The statements that write a delta to its target table. Each is guarded by the origin: a row that is not ours is
/// never written, whatever the app did since the delta was made.
struct MergeSQL: Sendable {
  let table: TablePlan

  private var stage: StageTable { table.stage }

  /// Updates the rows that the delta found different. Returns how many were written, and how many of them show a
  /// marker that is not ours (none may).
  ///
  /// The marker is not in the SET list, so that RETURNING shows what it was.
  var update: SQL {
    update(where: "d.verdict = \(literal: Verdict.update)")
  }

  /// Inserts the rows that the delta found missing. A key that somebody took meanwhile is left alone.
  var insert: SQL {
    insert(where: "d.verdict = \(literal: Verdict.insert)")
  }

  // MARK: - What is done again when fewer rows came back than the delta has

  /// Delta rows that this transaction has not written: the target's row is missing, or was written by somebody else.
  private var isPending: SQL { "d.verdict IN (\(literal: Verdict.insert), \(literal: Verdict.update))" }

  /// The version of the target's row that stands there is not this transaction's work.
  private var isForeignVersion: SQL { "t.xmin::text <> pg_catalog.pg_current_xact_id()::xid::text" }

  /// Updates what turned out to be ours and to stand there already.
  var updateAgain: SQL { update(where: "\(isPending) AND \(isForeignVersion)") }

  /// Inserts what turned out to have gone meanwhile.
  var insertAgain: SQL {
    insert(where: "\(isPending) AND NOT EXISTS (SELECT FROM \(table.target) t WHERE \(table.key.matches(target: "t")))")
  }

  /// Looks the rows up that the guard refused: how many of them are protected.
  var countRefused: SQL {
    let foreign: SQL = table.origin.map { "NOT \($0.isOurs("t"))" } ?? "false"
    return """
      SELECT count(*)
      FROM \(stage.delta) d JOIN \(stage.stage) s ON s.ctid = d.row_id
      JOIN \(table.target) t ON \(table.key.matches(target: "t"))
      WHERE \(isPending) AND \(foreign)
      """
  }

  private func update(where condition: SQL) -> SQL {
    var assignments = table.setColumns.map { "\($0.name) = \($0.value)" as SQL }
    // Where the key is all there is, it is set to itself: the row is counted, and stays as it is.
    if assignments.isEmpty { assignments = table.key.columns.map { "\($0.name) = \($0.value)" as SQL } }
    if let stamp = table.updatedStamp { assignments.append("\(stamp) = now()") }
    let guarded: SQL = table.origin.map { "\n    AND \($0.isOurs("t"))" } ?? ""
    return """
      WITH written AS (
        UPDATE \(table.target) t SET \(assignments.joined(separator: ", "))
        FROM \(stage.stage) s JOIN \(stage.delta) d ON d.row_id = s.ctid
        WHERE \(condition) AND \(table.key.matches(target: "t"))\(guarded)
        RETURNING \(marker)
      )
      SELECT count(*), count(*) FILTER (WHERE \(isNotOurs)) FROM written
      """
  }

  private func insert(where condition: SQL) -> SQL {
    var names = table.columns.map(\.name)
    var values = table.columns.map(\.value)
    if let origin = table.origin {
      names.append(origin.column)
      values.append(origin.value)
    }
    for stamp in [table.createdStamp, table.updatedStamp].compactMap(\.self) {
      names.append(stamp)
      values.append("now()")
    }
    let list = names.map { "\($0)" as SQL }.joined(separator: ", ")
    let key = table.key.columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    let overriding: SQL = table.overridesIdentity ? " OVERRIDING SYSTEM VALUE" : ""
    return """
      WITH written AS (
        INSERT INTO \(table.target) AS t (\(list))\(overriding)
        SELECT \(values.joined(separator: ", "))
        FROM \(stage.stage) s JOIN \(stage.delta) d ON d.row_id = s.ctid
        WHERE \(condition)
        ON CONFLICT (\(key)) DO NOTHING
        RETURNING \(marker)
      )
      SELECT count(*), count(*) FILTER (WHERE \(isNotOurs)) FROM written
      """
  }

  private var marker: SQL { table.origin.map { "t.\($0.column) AS marker" } ?? "NULL AS marker" }

  private var isNotOurs: SQL {
    table.origin.map { "NOT (marker = \($0.value) OR marker IS NULL)" } ?? "false"
  }

  // MARK: - What the sums are checked with

  /// Rows in the stage: a crash of the target empties it without a trace (manual, "CREATE TABLE", UNLOGGED).
  var countStage: SQL { "SELECT count(*) FROM \(stage.stage)" }

  /// Tuples that this session has inserted (less those it took back at once), updated and deleted in the table. Before
  /// and after the merge; the difference is the transaction's own work.
  var counters: SQL {
    """
    SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(\(table.counters.relation)),
      pg_catalog.pg_stat_get_xact_tuples_updated(\(table.counters.relation)),
      pg_catalog.pg_stat_get_xact_tuples_deleted(\(table.counters.relation))
    """
  }
}
