import PostgresValues

/// The statements that find rows of ours which the source no longer has, and delete them.
///
/// Found once, such a row is known by its place, its version and its key, so that one that was changed or claimed since stays. The
/// key is there because VACUUM FULL and CLUSTER give rows other places, and keep their versions. A row
/// goes only if no row refers to it that stays, whatever the foreign key would do: so nothing is written through it. Who refers
/// to a row holds a lock on it until the transaction ends, and who is about to needs one; so the rows are locked by one
/// statement, without waiting, and those that refer to them are looked for by the next.
package struct DeleteSQL: Sendable {
  package let table: TablePlan
  let deletes: DeletePlan

  /// `nil` where the table keeps such rows.
  package init?(_ table: TablePlan) {
    guard let deletes = table.deletes else { return nil }
    self.table = table
    self.deletes = deletes
  }

  package static let deleted = QualifiedName(StageTable.schema, "deleted")

  package static let create: SQL = """
    CREATE TABLE IF NOT EXISTS \(deleted) (
      deleted_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run_id bigint NOT NULL,
      flow pg_catalog.text NOT NULL,
      table_name pg_catalog.text NOT NULL,
      row_key pg_catalog.jsonb NOT NULL,
      row_data pg_catalog.jsonb NOT NULL,
      deleted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      relation pg_catalog.text)
    """

  var delta: QualifiedName { table.stage.delta }

  // MARK: - Finding

  /// Puts the rows into the delta. To be asked when the stage has all rows that were to be read, behind the verdicts.
  ///
  /// A text that could not be converted stands in the stage escaped, so that a key may be another one there: then none goes. A
  /// lookup that has failed leaves a key without its value: then none goes that could be its row.
  ///
  /// - Parameter read: the buckets that were read; the target has the others as they are.
  package func find(read: BucketChoice) -> SQL {
    let isRead = read.isAll ? nil : DigestSQL(table: table, place: 0).isInBuckets(read, on: .target)
    let isReadable: SQL? =
      table.stage.marksUnreadable
      ? "NOT EXISTS (SELECT FROM \(table.stage.stage) u WHERE u.\(StageTable.unreadableColumn) IS NOT NULL)" : nil
    let conditions =
      table.isMatchable
      + [hasNoUnknown, deletes.scope.map { "(\($0))" as SQL }, isRead, isReadable].compactMap(\.self)
    let isOnSource: SQL = "EXISTS (SELECT FROM \(table.stage.stage) s WHERE \(table.key.matches(target: "t")))"
    return """
      INSERT INTO \(delta) (verdict, place, part, version, row_key)
      SELECT \(literal: Verdict.delete), t.ctid, t.tableoid, t.xmin::pg_catalog.text, \(key)
      FROM \(table.targetRows) t
      WHERE \((conditions + ["NOT \(isOnSource)"]).joined(separator: "\n  AND "))
      """
  }

  /// ``find(read:)`` with what goes around it.
  package func found(read: BucketChoice) -> [SQL] {
    let (opening, closing) = Self.pins.lent
    return opening + [find(read: read), closing]
  }

  /// Under which a row's values are texts.
  package static let pins = SessionPins.names + .values

  /// The row `t` is not like one of the source whose key is not known, because a lookup has failed.
  private var hasNoUnknown: SQL? {
    guard !table.lookedUpKeys.isEmpty else { return nil }
    let failed = [RejectReason.missingLookup, .ambiguousLookup].map { reason in
      "pg_catalog.starts_with(m.verdict, \(literal: reason.rawValue))" as SQL
    }
    let isAlike = isAlike.map { "\n    AND \($0)" as SQL } ?? ""
    return """
      NOT EXISTS (SELECT FROM \(delta) m JOIN \(table.stage.stage) s ON s.ctid OPERATOR(pg_catalog.=) m.row_id
          WHERE (\(failed.joined(separator: " OR ")))\(isAlike))
      """
  }

  /// The staged row `s` and the target's row `t` are the same in what is known of the key; `nil`: nothing is. A value that the
  /// target's type may refuse is left out.
  private var isAlike: SQL? {
    let lookedUp = Set(table.lookedUpKeys.map(\.name))
    func isKnown(_ column: ColumnPlan) -> Bool { !lookedUp.contains(column.name) && !column.isMadeByTarget }
    if let pairing = PairingSQL(table) { return pairing.isAlike(pairing.pairing.match.filter(isKnown)) }
    let places = table.key.columns.indices.filter { isKnown(table.key.columns[$0]) }
    guard !places.isEmpty else { return nil }
    return places.map { place in
      let column = table.key.columns[place]
      return table.key.isSame("t.\(column.name)", column.guardedValue, at: place)
    }.joined(separator: " AND ")
  }

  /// How many of the rows cannot go, whatever else does: rows that are not ours refer to them. `nil`: none can be such.
  package var heldByOthers: Question<Int>? {
    let held = zip(deletes.dependents, deletes.owners).compactMap { dependent, owner -> SQL? in
      let rows = dependent.referring(to: "t", as: "c")
      switch owner {
      case .ours: return nil
      case .others: return "EXISTS (SELECT FROM \(rows))"
      case .marked(let origin): return "EXISTS (SELECT FROM \(rows) AND NOT \(origin.isOurs("c")))"
      }
    }
    guard !held.isEmpty else { return nil }
    let sql: SQL = """
      SELECT pg_catalog.count(*) FROM \(delta) d JOIN \(table.targetRows) t ON \(isPlace)
      WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.delete)
        AND (\(held.joined(separator: "\n    OR ")))
      """
    return Question(sql) { $0.rows.first?.int(0) ?? 0 }
  }

  // MARK: - Deleting

  /// Locks those of the rows that nobody else has locked, and takes down what they hold; those are left out that the target has
  /// refused to let go. Under ``SessionPins/values``.
  package var claim: SQL {
    """
    WITH free AS MATERIALIZED (
      SELECT d.ctid AS entry, \(row) AS row_data
      FROM \(delta) d JOIN \(table.targetRows) t ON \(isPlace)
      WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.delete) AND d.message IS NULL
        AND \(isSameVersion)\(isOurs)\(isFree)
      FOR UPDATE OF t SKIP LOCKED
    )
    UPDATE \(delta) d SET verdict = \(literal: Verdict.deleting), row_data = free.row_data
    FROM free WHERE d.ctid OPERATOR(pg_catalog.=) free.entry
    """
  }

  /// Lets the rows go again to which a row refers that stays, a statement for each key. Those by which rows of the table refer
  /// to each other come apart: they are to be asked until none finds any more.
  package var spare: (once: [SQL], again: [SQL]) {
    let statements = deletes.dependents.map { ($0.table == table.target, spare($0)) }
    return (statements.filter { !$0.0 }.map(\.1), statements.filter(\.0).map(\.1))
  }

  private func spare(_ dependent: Dependent) -> SQL {
    """
    UPDATE \(delta) d SET verdict = \(literal: Verdict.delete)
    FROM \(table.targetRows) t
    WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleting) AND \(isPlace)
      AND \(isReferredTo(by: dependent, butFor: Verdict.deleting))
    """
  }

  /// A row refers to `t` that does not have this verdict itself.
  private func isReferredTo(by dependent: Dependent, butFor verdict: String) -> SQL {
    let stays: SQL = """
      \n    AND NOT EXISTS (SELECT FROM \(delta) o
            WHERE o.verdict OPERATOR(pg_catalog.=) \(literal: verdict)
              AND o.place OPERATOR(pg_catalog.=) c.ctid AND o.part OPERATOR(pg_catalog.=) c.tableoid)
      """
    let rows = dependent.referring(to: "t", as: "c")
    let exists: SQL = "EXISTS (SELECT FROM \(rows)\(dependent.table == table.target ? stays : ""))"
    return lacksTwin(dependent, butFor: verdict).map { "(\(exists)\($0))" } ?? exists
  }

  /// No other row has the values that a rule refers to, and stays. Where the rule does not refer to all that tells rows apart,
  /// one of several may go; and none of these values is about to be updated.
  private func lacksTwin(_ dependent: Dependent, butFor verdict: String) -> SQL? {
    let naming = Set(table.key.naming.map(\.name))
    guard dependent.isLogical, naming.isSuperset(of: dependent.referenced),
      table.key.pairing != nil || naming.count > dependent.referenced.count
    else { return nil }
    let isSame = zip(dependent.referenced, dependent.equality).map { "o.\($0) \($1) t.\($0)" as SQL }
    return """
      \n    AND NOT EXISTS (SELECT FROM \(table.targetRows) o
            WHERE \(isSame.joined(separator: " AND "))
              AND (o.ctid OPERATOR(pg_catalog.<>) t.ctid OR o.tableoid OPERATOR(pg_catalog.<>) t.tableoid)
              AND NOT EXISTS (SELECT FROM \(delta) x
                WHERE x.verdict OPERATOR(pg_catalog.=) \(literal: verdict) AND x.place OPERATOR(pg_catalog.=) o.ctid
                  AND x.part OPERATOR(pg_catalog.=) o.tableoid
                  AND x.version OPERATOR(pg_catalog.=) o.xmin::pg_catalog.text))
      """
  }

  /// What a look without locks says: a row that has to stay is not locked in every run.
  private var isFree: SQL {
    deletes.dependents.map { "\n    AND NOT \(isReferredTo(by: $0, butFor: Verdict.delete))" as SQL }.joined(
      separator: "")
  }

  /// Deletes the rows that are locked, and keeps them in `pgtide.deleted`. Returns how many they were, and how many of them
  /// show a marker that is not ours.
  package func delete(run: RunIdentity) -> SQL { delete(run: run, part: nil) }

  /// - Parameter part: an array of places in the delta, whose rows alone are deleted; `nil`: all that are locked.
  func delete(run: RunIdentity, part: SQL?) -> SQL {
    let isInPart: SQL = part.map { " AND d.ctid OPERATOR(pg_catalog.=) ANY (\($0))" } ?? ""
    let marker: SQL = table.origin.map { "t.\($0.column)" } ?? "NULL"
    let isNotOurs: SQL = table.origin.map { "NOT \($0.isOurs(marker: "gone.marker"))" } ?? "false"
    return """
      WITH gone AS (
        DELETE FROM \(table.targetRows) t USING \(delta) d
        WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleting) AND \(isPlace)\(isOurs)\(isInPart)
        RETURNING d.ctid AS entry, d.row_key, d.row_data, \(marker) AS marker
      ),
      marked AS (
        UPDATE \(delta) d SET verdict = \(literal: Verdict.deleted)
        FROM gone WHERE d.ctid OPERATOR(pg_catalog.=) gone.entry
      ),
      kept AS (
        \(keep("gone", run))
      )
      SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE \(isNotOurs)) FROM gone
      """
  }

  /// Keeps rows of this name in `pgtide.deleted`.
  func keep(_ rows: SQL, _ run: RunIdentity) -> SQL {
    """
    INSERT INTO \(Self.deleted) (run_id, flow, table_name, row_key, row_data, relation)
        SELECT \(bind: run.id)::bigint, \(bind: table.flow)::pg_catalog.text, \(bind: table.label)::pg_catalog.text,
          \(rows).row_key, \(rows).row_data, \(bind: table.target.quoted)::pg_catalog.text
        FROM \(rows)
    """
  }

  // MARK: - What stays

  /// Why a row is listed in `pgtide.protected`.
  package static let notDeleted = "not deleted"

  /// Lists the rows that are still there, and forgets those of earlier runs that are not. A row that a trigger, or somebody, has
  /// changed in place of letting it go has another place by now, and is known by its key.
  package func list(run: RunIdentity) -> SQL {
    let stays: SQL = "d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.delete, Verdict.deleting])"
    return """
      WITH standing AS MATERIALIZED (
        SELECT d.ctid AS entry, \(key) AS row_key, \(row) AS target_row, d.message
        FROM \(delta) d JOIN \(table.targetRows) t ON \(isPlace)
        WHERE \(stays) AND \(isSameVersion)
      ),
      moved AS MATERIALIZED (
        SELECT d.row_key, d.message FROM \(delta) d
        WHERE \(stays) AND NOT EXISTS (SELECT FROM standing WHERE standing.entry OPERATOR(pg_catalog.=) d.ctid)
      ),
      found AS MATERIALIZED (
        SELECT DISTINCT ON (k.row_key) k.row_key, k.target_row, k.message FROM (
          SELECT \(ProtectedSQL.listedKey("standing.row_key")) AS row_key, standing.target_row, standing.message FROM standing
          UNION ALL
          SELECT \(ProtectedSQL.listedKey("moved.row_key")), \(row), moved.message
          FROM moved JOIN \(table.targetRows) t ON \(isUnderKey(of: "moved"))\(isOurs)) k
        ORDER BY k.row_key LIMIT \(ProtectedSQL.limit)
      ),
      gone AS (
        DELETE FROM \(ProtectedSQL.rows) p WHERE \(isListed)
          AND NOT EXISTS (SELECT FROM found WHERE found.row_key OPERATOR(pg_catalog.=) p.row_key)
      )
      INSERT INTO \(ProtectedSQL.rows) AS p (flow, table_name, row_key, reason, target_row, run_id, message)
      SELECT \(bind: table.flow)::pg_catalog.text, \(bind: table.label)::pg_catalog.text, found.row_key,
        \(literal: Self.notDeleted), found.target_row, \(bind: run.id)::bigint, found.message
      FROM found
      ON CONFLICT (flow, table_name, row_key, reason) DO UPDATE SET target_row = EXCLUDED.target_row,
        message = EXCLUDED.message, run_id = EXCLUDED.run_id
        WHERE ROW(p.target_row, p.message)::pg_catalog.record OPERATOR(pg_catalog.*<>)
          ROW(EXCLUDED.target_row, EXCLUDED.message)::pg_catalog.record
      """
  }

  package var forget: SQL { "DELETE FROM \(ProtectedSQL.rows) p WHERE \(isListed)" }

  private var isListed: SQL {
    """
    p.flow OPERATOR(pg_catalog.=) \(bind: table.flow)::pg_catalog.text
        AND p.table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
        AND p.reason OPERATOR(pg_catalog.=) \(literal: Self.notDeleted)
    """
  }

  // MARK: - Pieces

  var isPlace: SQL {
    "t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part"
  }

  var isSameVersion: SQL {
    "t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) d.version AND d.row_key OPERATOR(pg_catalog.=) \(key)"
  }
  var isOurs: SQL { table.origin.map { " AND \($0.isOurs("t"))" } ?? "" }

  /// Without a key, a row is told by its place and version, which are those of one row only, and by what it holds: VACUUM FULL
  /// may give its place to another one of the same version.
  var key: SQL {
    func values(_ columns: [ColumnPlan]) -> [(Identifier, SQL)] {
      columns.map { ($0.name, Self.keyValue("t.\($0.name)", type: $0.type.text)) }
    }
    guard table.key.pairing?.isKeyless == true else { return Self.object(values(table.key.columns)) }
    let place = Self.placeNames.map { ($0, "pg_catalog.concat(t.\($0))" as SQL) }
    return Self.object(place + values(table.key.naming))
  }

  /// Under which ``key`` has a row's place and version, where it has no key.
  package static let placeNames: [Identifier] = ["tableoid", "ctid", "xmin"]

  /// A value of a key, the same under ``SessionPins/values`` whatever a session has otherwise.
  package static func keyValue(_ value: SQL, type: String) -> SQL {
    ["smallint", "integer", "bigint"].contains(type) ? value : text(value)
  }

  /// The row, each of its values as a text from which it can be made again.
  var row: SQL { Self.object(deletes.columns.map { ($0, Self.text("t.\($0)")) }) }

  /// What the type's own function writes: a cast to text may be the users', and one of a `char` leaves blanks out.
  package static func text(_ value: SQL) -> SQL {
    "CASE WHEN pg_catalog.num_nulls(\(value)) OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(\(value)) END"
  }

  /// In pieces of 40, because a function takes at most 100 arguments.
  static func object(_ pairs: [(name: Identifier, value: SQL)]) -> SQL {
    pairs.parts(of: 40).map { part in
      let pairs = part.map { "\(literal: $0.name.name), \($0.value)" as SQL }.joined(separator: ", ")
      return "pg_catalog.jsonb_build_object(\(pairs))"
    }.joined(separator: " OPERATOR(pg_catalog.||) ")
  }

  // MARK: - Housekeeping

  /// Deletes of a flow what was kept for longer than that.
  package static func prune(flow: String, keeping time: Duration) -> SQL {
    """
    DELETE FROM \(deleted) WHERE deleted_id OPERATOR(pg_catalog.=) ANY (ARRAY(
      SELECT d.deleted_id FROM \(deleted) d
      WHERE d.flow OPERATOR(pg_catalog.=) \(bind: flow)::pg_catalog.text AND d.deleted_at OPERATOR(pg_catalog.<)
        (pg_catalog.now() OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, \(Int(time.components.seconds))))
      ORDER BY d.deleted_id LIMIT \(prunedAtOnce)))
    """
  }

  /// So many go at a time, so that a run's end is not kept up by what has piled up before.
  private static let prunedAtOnce = 100_000
}
