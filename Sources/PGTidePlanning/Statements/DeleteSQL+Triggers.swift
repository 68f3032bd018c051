import PostgresValues

/// What the target's own triggers do to the rows that go: they take others of them along, or put a row in again.
extension DeleteSQL {
  package var hasTriggers: Bool { deletes.hasTriggers }

  /// Takes down what those rows hold that were not locked: a trigger may take one of them along. Under ``pins``.
  package var takeDown: SQL {
    """
    UPDATE \(delta) d SET row_data = \(row)
    FROM \(table.targetRows) t
    WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.delete) AND d.row_data IS NULL AND \(isPlace) AND \(isSameVersion)
    """
  }

  /// Has the triggers on DELETE run that would wait for COMMIT.
  package var runWaiting: [SQL] { setWaiting("IMMEDIATE") }
  package var letWait: [SQL] { setWaiting("DEFERRED") }

  private func setWaiting(_ time: SQL) -> [SQL] {
    guard !deletes.waitingTriggers.isEmpty else { return [] }
    return ["SET CONSTRAINTS \(deletes.waitingTriggers.map { SQL(raw: $0) }.joined(separator: ", ")) \(time)"]
  }

  /// Keeps those of the rows in `pgtide.deleted` that are gone without having been deleted by us, and says how many they are.
  /// A row that a trigger has written in place of letting it go stands in another
  /// place, and is known by its key. Under ``pins``.
  package func takenAlong(run: RunIdentity) -> SQL {
    let stands: SQL = table.key.pairing?.isKeyless == true ? "" : "\n    AND NOT \(hasKey(of: "d"))"
    return """
      WITH lost AS MATERIALIZED (
        SELECT d.ctid AS entry, d.row_key, d.row_data FROM \(delta) d
        WHERE d.verdict OPERATOR(pg_catalog.=) \(anyOf: [Verdict.delete, Verdict.deleting]) AND d.row_data IS NOT NULL
          AND NOT EXISTS (SELECT FROM \(table.targetRows) t WHERE \(isPlace))\(stands)
      ),
      marked AS (
        UPDATE \(delta) d SET verdict = \(literal: Verdict.deleted)
        FROM lost WHERE d.ctid OPERATOR(pg_catalog.=) lost.entry
      ),
      kept AS (
        \(keep("lost", run))
      )
      SELECT pg_catalog.count(*) FROM lost
      """
  }

  /// Lets rows go another time that are still there.
  package var letStay: SQL {
    """
    UPDATE \(delta) d SET verdict = \(literal: Verdict.delete)
    WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleting)
    """
  }

  /// Of the rows that this transaction has deleted, those that stand there again are listed as rows that stay. Returns how many
  /// they are; nothing where a row has no key that it keeps. Under ``pins``.
  package func putBack(run: RunIdentity) -> SQL? {
    guard table.key.pairing == nil else { return nil }
    return """
      WITH back AS MATERIALIZED (
        SELECT d.ctid AS entry, k.deleted_id
        FROM \(delta) d
        JOIN \(Self.deleted) k ON k.run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
          AND k.flow OPERATOR(pg_catalog.=) \(bind: table.flow)::pg_catalog.text
          AND k.table_name OPERATOR(pg_catalog.=) \(bind: table.label)::pg_catalog.text
          AND k.deleted_at OPERATOR(pg_catalog.=) pg_catalog.now() AND k.row_key OPERATOR(pg_catalog.=) d.row_key
        WHERE d.verdict OPERATOR(pg_catalog.=) \(literal: Verdict.deleted) AND \(hasKey(of: "d", ours: true))
      ),
      marked AS (
        UPDATE \(delta) d SET verdict = \(literal: Verdict.delete), message = 'a trigger has put it in again'
        FROM back WHERE d.ctid OPERATOR(pg_catalog.=) back.entry
      ),
      forgotten AS (
        DELETE FROM \(Self.deleted) k USING back WHERE k.deleted_id OPERATOR(pg_catalog.=) back.deleted_id
      )
      SELECT pg_catalog.count(*) FROM back
      """
  }

  /// A row of the table has the key that an entry of the delta has.
  private func hasKey(of entry: SQL, ours: Bool = false) -> SQL {
    "EXISTS (SELECT FROM \(table.targetRows) t WHERE \(isUnderKey(of: entry))\(ours ? isOurs : ""))"
  }

  /// The row `t` has the key that an entry of the delta has, in whatever spelling.
  func isUnderKey(of entry: SQL) -> SQL {
    guard table.key.pairing?.isKeyless != true else { return "\(key) OPERATOR(pg_catalog.=) \(entry).row_key" }
    return table.key.columns.indices.map { place in
      let column = table.key.columns[place]
      let value: SQL = "(\(entry).row_key OPERATOR(pg_catalog.->>) \(literal: column.name.name))::\(column.type)"
      return table.key.isSame("t.\(column.name)", value, at: place)
    }.joined(separator: " AND ")
  }
}
