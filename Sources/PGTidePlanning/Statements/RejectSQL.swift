import PostgresValues

/// The statements that keep a table's rejects in `pgtide.rejects`.
package struct RejectSQL: Sendable {
  package let table: TablePlan
  package let run: RunIdentity

  package init(table: TablePlan, run: RunIdentity) {
    self.table = table
    self.run = run
  }

  package static let rejects = QualifiedName(StageTable.schema, "rejects")

  /// Copies the rejected rows out of the stage, with their key, the reason, and the column that it is about.
  ///
  /// A row that an earlier run of the flow has rejected for the same reason is kept once, and becomes this run's: one of
  /// the same content, else of the same key. Of several that share a key, each takes one.
  package var keep: SQL {
    """
    WITH found AS MATERIALIZED (
      SELECT f.*, \(place(in: "f.look, \(Self.identity)", by: "f.row_id")) AS place
      FROM (
        SELECT r.*, pg_catalog.jsonb_hash_extended(r.row_key, 0) AS key_look,
          pg_catalog.jsonb_hash_extended(r.row_data, 0) AS look
        FROM (
          SELECT d.row_id, \(object(table.key.naming.compactMap(\.staged))) AS row_key, e.reason,
            COALESCE(d.subject, e.column_name) AS column_name, COALESCE(d.message, e.message)\(remark) AS message,
            \(row) AS row_data
          FROM \(table.stage.delta) d
          JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
          JOIN (VALUES
            \(explanations.map(\.values).joined(separator: ",\n        "))
          ) AS e (verdict, reason, column_name, message) ON e.verdict OPERATOR(pg_catalog.=) d.verdict) r) f
    ),
    earlier AS MATERIALIZED (
      SELECT f.*, \(place(in: "f.look, \(Self.identity)", by: "f.run_id DESC, f.reject_id")) AS place
      FROM (
        SELECT k.reject_id, k.run_id, k.row_key, k.reason, k.column_name,
          pg_catalog.jsonb_hash_extended(k.row_key, 0) AS key_look,
          pg_catalog.jsonb_hash_extended(k.row_data, 0) AS look
        FROM \(Self.rejects) k
        WHERE k.table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
          AND k.run_id OPERATOR(pg_catalog.=) ANY (SELECT r.run_id FROM \(HistorySQL.runs) r
            WHERE r.flow OPERATOR(pg_catalog.=) \(bind: table.flow)::pg_catalog.text
              AND r.run_id OPERATOR(pg_catalog.<>) \(bind: run.id)::bigint)) f
    ),
    same AS MATERIALIZED (
      SELECT f.row_id, e.reject_id FROM found f JOIN earlier e ON \(Self.isAlike)
        AND e.look OPERATOR(pg_catalog.=) f.look AND e.place OPERATOR(pg_catalog.=) f.place
    ),
    standing AS MATERIALIZED (
      SELECT row_id, reject_id FROM same
      UNION ALL
      SELECT f.row_id, e.reject_id
      FROM (
        SELECT f.row_id, f.key_look, f.row_key, f.reason, f.column_name,
          \(place(in: Self.identity, by: "f.row_id")) AS place
        FROM found f WHERE NOT EXISTS (SELECT FROM same WHERE same.row_id OPERATOR(pg_catalog.=) f.row_id)) f
      JOIN (
        SELECT f.reject_id, f.key_look, f.row_key, f.reason, f.column_name,
          \(place(in: Self.identity, by: "f.run_id DESC, f.reject_id")) AS place
        FROM earlier f WHERE NOT EXISTS (SELECT FROM same WHERE same.reject_id OPERATOR(pg_catalog.=) f.reject_id)) e
        ON \(Self.isAlike) AND e.place OPERATOR(pg_catalog.=) f.place
    ),
    kept AS (
      UPDATE \(Self.rejects) k SET run_id = \(bind: run.id)::bigint, previous_run_id = k.run_id,
        times = k.times OPERATOR(pg_catalog.+) 1, first_rejected_at = COALESCE(k.first_rejected_at, k.rejected_at),
        rejected_at = pg_catalog.now(), message = f.message, row_data = f.row_data
      FROM standing JOIN found f ON f.row_id OPERATOR(pg_catalog.=) standing.row_id
      WHERE k.reject_id OPERATOR(pg_catalog.=) standing.reject_id
    )
    INSERT INTO \(Self.rejects) (run_id, table_name, row_key, reason, column_name, message, row_data, first_rejected_at)
    SELECT \(bind: run.id)::bigint, \(bind: table.label)::pg_catalog.text, f.row_key, f.reason, f.column_name, f.message,
      f.row_data, pg_catalog.now()
    FROM found f
    WHERE NOT EXISTS (SELECT FROM standing WHERE standing.row_id OPERATOR(pg_catalog.=) f.row_id)
    ORDER BY f.row_id
    """
  }

  /// What makes two rejects one, but for the content of their rows, which may change. Numbers are sorted and joined faster
  /// than keys.
  private static let identity: SQL = "f.key_look, f.row_key, f.reason, f.column_name"
  private static let isAlike: SQL = """
    e.key_look OPERATOR(pg_catalog.=) f.key_look AND e.row_key OPERATOR(pg_catalog.=) f.row_key
        AND e.reason OPERATOR(pg_catalog.=) f.reason AND e.column_name OPERATOR(pg_catalog.=) f.column_name
    """

  /// Tells those apart that are alike.
  private func place(in group: SQL, by order: SQL) -> SQL {
    "pg_catalog.row_number() OVER (PARTITION BY \(group) ORDER BY \(order))"
  }

  /// The row as JSON. Of one in its short form, only the columns that it has.
  private var row: SQL {
    func values(_ columns: [StagedColumn]) -> SQL {
      let conditions = Set(table.targetLookups.compactMap(\.lookup.condition))
      return object(columns.filter { !StageTable.ownColumns.contains($0.name) && !conditions.contains($0.name) })
    }
    let whole = values(table.stage.columns)
    guard let cache = table.keyCache else { return whole }
    let short = values(cache.deciding.map { table.stage.columns[$0] })
    return "CASE WHEN s.\(StageTable.heldColumn) IS NULL THEN \(whole) ELSE \(short) END"
  }

  private var remark: SQL {
    guard table.keyCache != nil else { return "" }
    let text = "; the row was held back, so its other columns are on the source only"
    return " OPERATOR(pg_catalog.||) CASE WHEN s.\(StageTable.heldColumn) IS NULL THEN '' ELSE \(literal: text) END"
  }

  /// Takes back what ``keep`` has kept for this run: rows that earlier runs had rejected are theirs again.
  package var forget: [SQL] {
    let isOfRun: SQL = """
      run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
        AND table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
      """
    return [
      """
      UPDATE \(Self.rejects) k SET run_id = r.run_id, previous_run_id = NULL, times = k.times OPERATOR(pg_catalog.-) 1,
        rejected_at = r.started_at
      FROM \(HistorySQL.runs) r
      WHERE k.\(isOfRun) AND r.run_id OPERATOR(pg_catalog.=) k.previous_run_id
      """,
      "DELETE FROM \(Self.rejects) WHERE \(isOfRun)",
    ]
  }

  // MARK: - What each verdict means

  private struct Explanation {
    let verdict: String
    let reason: RejectReason
    let column: String
    let message: String

    var values: SQL {
      "(\(literal: verdict), \(literal: reason.words), \(literal: column), \(literal: message))"
    }
  }

  private var explanations: [Explanation] {
    let key = table.key.columns
    let duplicate = Explanation(
      verdict: Verdict.reject(.duplicateKey), reason: .duplicateKey, column: Self.names(key),
      message: "several source rows have this key")
    let nullKeys = key.map { column in
      Explanation(
        verdict: Verdict.reject(.nullKey, column.name.name), reason: .nullKey, column: column.name.name,
        message: "the key has no value")
    }
    let nullValues = table.columns.filter { $0.isNotNull && !$0.isKey }.map { column in
      Explanation(
        verdict: Verdict.reject(.nullValue, column.name.name), reason: .nullValue, column: column.name.name,
        message: "the target takes no NULL here")
    }
    let misfits = table.columns.filter(\.isMadeByTarget).map { column in
      Explanation(
        verdict: Verdict.reject(.doesNotFit, column.name.name), reason: .doesNotFit, column: column.name.name,
        message: "the target's \(TypeName.short(column.type.text)) cannot hold the value as it is")
    }
    let unreadable = (table.stage.marksUnreadable ? table.stage.columns : []).map { column in
      Explanation(
        verdict: Verdict.unreadable(column.name.name), reason: .doesNotFit,
        column: column.name.name,
        message: "the value holds bytes that are no text for the other end; they are shown escaped")
    }
    // What is translated is told with the lookup on the target, whose verdict it shares.
    let translated = Set(table.targetLookups.filter { $0.translation != nil }.map(\.column))
    let own = table.source.lookups.filter { !translated.contains($0.column) }
    let looked: [(LookupPlan, String)] =
      own.map { ($0, $0.place(on: "source")) }
      + table.targetLookups.map { target in
        let place = target.lookup.place(on: "target")
        return (target.lookup, target.translation.map { "\($0.place(on: "source")), or in \(place)" } ?? place)
      }
    let lookups = looked.flatMap { lookup, places in
      [
        Explanation(
          verdict: Verdict.reject(.missingLookup, lookup.column.name), reason: .missingLookup,
          column: lookup.column.name, message: "no such row in \(places)"),
        Explanation(
          verdict: Verdict.reject(.ambiguousLookup, lookup.column.name), reason: .ambiguousLookup,
          column: lookup.column.name, message: "several values of \(lookup.take) in \(places)"),
      ]
    }
    let orphans = table.references.flatMap { reference in
      reference.names.map { name in
        Explanation(
          verdict: Verdict.reject(.missingParent, name.name), reason: .missingParent,
          column: Self.names(reference.columns),
          message: "no such row in \(reference.parent) (\(reference.isForeignKey ? "foreign key " : "")\(name))")
      }
    }
    let referred = table.referrers.filter(\.isGuarded).map { referrer in
      Explanation(
        verdict: Verdict.reject(.changesReferrers, referrer.name.name), reason: .changesReferrers,
        column: referrer.referenced.map(\.name).joined(separator: ", "),
        message: "rows of \(referrer.table) that are not ours refer to it \(referrer.rows.action.name) (foreign key "
          + "\(referrer.name))")
    }
    // Of these the target itself says more.
    let refusals = [RejectReason.refusedByTarget, .heldByStaleRow, .leftOut, .changesReferrers].map { reason in
      Explanation(verdict: Verdict.reject(reason), reason: reason, column: "", message: reason.words)
    }
    // Two partitions may give one name to different keys.
    var explained: Set<String> = []
    return ([duplicate] + lookups + nullKeys + nullValues + misfits + unreadable + orphans + referred + refusals)
      .filter { explained.insert($0.verdict).inserted }
  }

  private static func names(_ columns: [ColumnPlan]) -> String {
    columns.map(\.name.name).joined(separator: ", ")
  }

  /// What the columns are called that are there for lookups alone: as the source row's, unless the target has such a column.
  private var namesOfOwnColumns: [Identifier: String] {
    let others = Set(table.stage.columns.map(\.name))
    return table.byColumns.mapValues { others.contains($0) ? "src.\($0.name)" : $0.name }
  }

  /// An object of the columns. In pieces of 40, because a function takes at most 100 arguments.
  private func object(_ columns: [StagedColumn]) -> SQL {
    guard !columns.isEmpty else { return "'{}'::pg_catalog.jsonb" }
    let names = namesOfOwnColumns
    return stride(from: 0, to: columns.count, by: 40).map { start in
      let pairs = columns[start..<min(start + 40, columns.count)]
        .map { "\(literal: names[$0.name] ?? $0.name.name), \($0.asJSON)" as SQL }.joined(separator: ", ")
      return "pg_catalog.jsonb_build_object(\(pairs))"
    }.joined(separator: " OPERATOR(pg_catalog.||) ")
  }
}

extension StagedColumn {
  /// The value as JSON takes it. A `json` goes in as text: it may hold what `jsonb` refuses, such as `\u0000`.
  fileprivate var asJSON: SQL {
    let type = TypeName.short(type.text)
    if let float = FloatJSON.value("s.\(name)", type: type) { return float }
    return ["json", "json[]"].contains(type) ? "s.\(name)::pg_catalog.text" : "s.\(name)"
  }
}

extension LookupPlan {
  /// Where something is looked up, for messages about a row.
  fileprivate func place(on end: String) -> String { "\(relation) on the \(end) (by \(keyNames))" }
}
