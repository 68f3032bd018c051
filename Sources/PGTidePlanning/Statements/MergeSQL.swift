import PostgresValues

/// The statements that write a delta to its target table. Each is guarded by the origin: a row that is not ours is
/// never written, whatever the app did since the delta was made.
///
/// Those that write return three numbers: the rows written, how many of them show a marker that is not ours, and how
/// many have another key than the staged row (none may).
package struct MergeSQL: Sendable {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  private var stage: StageTable { table.stage }

  /// Which staged rows a statement writes.
  package enum Rows {
    /// All of them. A delta of which every row is to be inserted need not be joined.
    case all
    /// Those of the delta's rows `d` for which this holds.
    case delta(SQL)
    /// Those of an array of the stage's row identifiers.
    case part(SQL)
  }

  /// Updates the rows that the delta found different.
  ///
  /// The marker is not in the SET list, so that RETURNING shows what it was.
  package var update: SQL {
    update(.delta("d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.update)"))
  }

  /// Inserts the rows that the delta found missing. A key that somebody took meanwhile is left alone.
  package var insert: SQL {
    insert(.delta("d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.insert)"))
  }

  /// Inserts all staged rows. A key that somebody took meanwhile is an error, after which the merge goes on in parts:
  /// asking for conflicts takes a quarter of the statement's time and more (docs/inside/experiments.md).
  ///
  /// Where no trigger can change or leave out a row, it returns nothing: the server's counters tell what it did.
  package var insertAll: SQL {
    if table.hasBeforeTriggers || table.counters.unusable != nil { return insert(.all) }
    return inserting(.all)
  }

  // MARK: - What is done again when fewer rows came back than the delta has

  /// Delta rows that this transaction has not written: the target's row is missing, or was written by somebody else.
  package var isPending: SQL { "d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.insert, Verdict.update])" }

  /// The version of the target's row that stands there is not this transaction's work. It does not know the work of
  /// sub-transactions, so nothing is written inside a savepoint here.
  package var isForeignVersion: SQL {
    """
    t.xmin::pg_catalog.text OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text
    """
  }

  /// Updates what turned out to be ours and to stand there already.
  package var updateAgain: SQL { update(.delta("\(isPending) AND \(isForeignVersion)")) }

  /// Inserts what turned out to have gone meanwhile.
  package var insertAgain: SQL {
    insert(
      .delta("\(isPending) AND NOT EXISTS (SELECT FROM \(table.targetRows) t WHERE \(table.key.matches(target: "t")))"))
  }

  /// Looks the rows up that the guard refused: how many of them are protected, and how many have come to be referred to by
  /// rows that are not ours.
  package var countRefused: SQL {
    """
    SELECT pg_catalog.count(*) FILTER (WHERE \(isProtected)), pg_catalog.count(*) FILTER (WHERE \(isReferredTo))
    FROM \(stage.delta) d JOIN \(stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
    JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
    WHERE \(isPending) AND (\(isProtected) OR \(isReferredTo))
    """
  }

  /// The verdict that the staged row `rowID` deserves now.
  package func fate(of rowID: SQL) -> SQL {
    """
    SELECT CASE WHEN \(table.key.isAbsent("t")) THEN \(literal: Verdict.insert)
      WHEN \(isProtected) THEN \(literal: Verdict.protected)
      WHEN \(isReferredTo) THEN \(literal: Verdict.reject(.changesReferrers)) ELSE \(literal: Verdict.update) END
    FROM \(stage.stage) s LEFT JOIN \(table.targetRows) t ON \(table.key.matches(target: "t"))
    WHERE s.ctid OPERATOR(pg_catalog.=) \(rowID)
    """
  }

  private var isProtected: SQL {
    if table.keepsStanding { return "true" }
    return table.origin.map { "NOT \($0.isOurs("t"))" } ?? "false"
  }

  /// The row is ours, and rows that are not have come to refer to it since the delta was made.
  private var isReferredTo: SQL { table.wouldWriteOthers.map { "(NOT \(isProtected) AND \($0))" } ?? "false" }

  // MARK: - Writing

  /// - Parameters:
  ///   - freeRows: an expression for the delta's rows whose rows of the target nobody else has locked.
  ///   - followers: foreign keys whose rows follow what is updated.
  package func update(
    _ rows: Rows, only freeRows: (expression: SQL, rowID: SQL)? = nil, carrying followers: [FollowerPlan] = []
  ) -> SQL {
    var assignments = table.setColumns.map { "\($0.name) = \($0.value)" as SQL }
    // Where the key is all there is, it is set to itself: the row is counted, and stays as it is.
    if assignments.isEmpty { assignments = table.key.columns.map { "\($0.name) = \($0.value)" as SQL } }
    if let stamp = table.updatedStamp { assignments.append("\(stamp) = pg_catalog.now()") }
    let standing: SQL? = table.keepsStanding ? "false" : table.origin.map { $0.isOurs("t") }
    let conditions = [standing, table.wouldWriteOthers.map { "NOT \($0)" as SQL }]
    let guarded = conditions.compactMap(\.self).map { "\n    AND \($0)" as SQL }.joined(separator: "")
    let isMoved: SQL = table.hasBeforeTriggers ? "NOT (\(table.key.matches(target: "t")))" : "false"
    let free: SQL = freeRows.map { "\($0.expression),\n" } ?? ""
    let isFree: SQL = freeRows.map { "\n    AND \($0.rowID)" } ?? ""
    let stood = asTheyStood(carrying: followers, in: table.targetRows)
    return """
      WITH \(free)written AS (
        UPDATE \(table.targetRows) t SET \(assignments.joined(separator: ", "))
        FROM \(stood.from)\(from(rows)) AND \(table.key.matches(target: "t"))\(guarded)\(isFree)\(stood.condition)
        RETURNING \(marker), \(isMoved) AS is_moved\(changes(carrying: followers))
      )\(carried(followers))
      SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(isNotOurs)),
        pg_catalog.count(*) FILTER (WHERE is_moved)
      FROM written
      """
  }

  package func insert(_ rows: Rows) -> SQL {
    let key = table.key.columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    // Nobody else takes a key that the target makes.
    let conflict: SQL =
      if case .all = rows { "" } else { table.key.pairing == nil ? "\n  ON CONFLICT (\(key)) DO NOTHING" : "" }
    return """
      WITH written AS (
        \(indented: inserting(rows), by: 2)\(conflict)
        RETURNING \(marker)\(returnedKey)
      )
      SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(isNotOurs)), \(countMoved(rows)) FROM written
      """
  }

  private func inserting(_ rows: Rows) -> SQL {
    var names = table.columns.map(\.name)
    var values = table.columns.map(\.value)
    if let origin = table.origin {
      names.append(origin.column)
      values.append(origin.value)
    }
    for stamp in [table.createdStamp, table.updatedStamp].compactMap(\.self) {
      names.append(stamp)
      values.append("pg_catalog.now()")
    }
    let list = names.map { "\($0)" as SQL }.joined(separator: ", ")
    return """
      INSERT INTO \(table.target) AS t (\(list))\(table.overriding)
      SELECT \(values.joined(separator: ", "))
      FROM \(from(rows))
      """
  }

  /// The staged rows `s`, up to a condition that may go on.
  func from(_ rows: Rows) -> SQL {
    switch rows {
    case .all:
      "\(stage.stage) s"
    case .delta(let condition):
      "\(stage.stage) s JOIN \(stage.delta) d ON d.row_id OPERATOR(pg_catalog.=) s.ctid\n  WHERE \(condition)"
    case .part(let rowIDs):
      "\(stage.stage) s\n  WHERE s.ctid OPERATOR(pg_catalog.=) ANY (\(rowIDs))"
    }
  }

  var marker: SQL { table.origin.map { "t.\($0.column) AS marker" } ?? "NULL AS marker" }

  var isNotOurs: SQL {
    table.origin.map { "NOT \($0.isOurs(marker: "marker"))" } ?? "false"
  }

  // MARK: - Rows that a trigger gave another key

  private var returnedKey: SQL {
    guard table.hasBeforeTriggers, table.key.pairing == nil else { return "" }
    return table.key.columns.enumerated().map { ", t.\($1.name) AS key_\($0)" as SQL }.joined(separator: "")
  }

  /// An inserted row does not show from which staged row it came, so its key is looked for among all.
  private func countMoved(_ rows: Rows) -> SQL {
    guard table.hasBeforeTriggers, table.key.pairing == nil else { return "0" }
    let source: SQL =
      switch rows {
      case .all, .delta: "\(stage.stage) s WHERE"
      case .part: "\(from(rows)) AND"
      }
    let isSame = table.key.columns.enumerated().map { index, column in
      table.key.isSame("written.key_\(index)", column.guardedValue, at: index)
    }.joined(separator: " AND ")
    return "(SELECT pg_catalog.count(*) FROM written WHERE NOT EXISTS (SELECT FROM \(source) \(isSame)))"
  }

  // MARK: - What the sums are checked with

  /// Rows in the stage: a crash of the target empties it without a trace (manual, "CREATE TABLE", UNLOGGED).
  package var countStage: SQL { "SELECT pg_catalog.count(*) FROM \(stage.stage)" }

  /// Tuples that this session has inserted (less those it took back at once), updated and deleted in the table. Before
  /// and after the merge; the difference is the transaction's own work.
  package var counters: SQL {
    """
    SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(\(table.counters.relation)),
      pg_catalog.pg_stat_get_xact_tuples_updated(\(table.counters.relation)),
      pg_catalog.pg_stat_get_xact_tuples_deleted(\(table.counters.relation))
    """
  }
}

extension TablePlan {
  /// Rows of the table refer to each other, so that parents go in before anything points to them.
  package var insertsFirst: Bool { references.contains { $0.refers(to: target) } }
}
