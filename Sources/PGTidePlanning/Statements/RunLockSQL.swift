import PostgresValues

/// The statements of a flow's two advisory locks (manual, "13.3.5 Advisory Locks"): the lock itself, and the fence.
package struct RunLockSQL: Sendable {
  package let flow: String

  package init(flow: String) { self.flow = flow }

  private var lockKey: Int64 { Self.key("pgtide flow \(flow)") }
  private var fenceKey: Int64 { Self.key("pgtide fence \(flow)") }

  private static func key(_ text: String) -> Int64 {
    Int64(bitPattern: UInt64(Fingerprint.of(text), radix: 16) ?? 0)
  }

  /// Ends with the session. NULL, and nothing is taken, where another server process answers than the session's own: the lock
  /// would stay with that one, whoever uses it next.
  package func take(by backend: Int) -> SQL { Self.only(backend, "pg_catalog.pg_try_advisory_lock(\(lockKey))") }

  package func release(by backend: Int) -> SQL { Self.only(backend, "pg_catalog.pg_advisory_unlock(\(lockKey))") }

  /// The same for the fence, shared.
  package func fenceShared(by backend: Int) -> SQL {
    Self.only(backend, "pg_catalog.pg_try_advisory_lock_shared(\(fenceKey))")
  }

  private static func only(_ backend: Int, _ call: SQL) -> SQL {
    "SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) \(backend) THEN \(call) END"
  }

  /// Whoever makes what all flows of a target share waits here for the others: even `IF NOT EXISTS` fails where two do it
  /// at once. Ends with the transaction; waits for `lock_timeout`.
  package static let buildingAlone: SQL = "SELECT pg_catalog.pg_advisory_xact_lock(\(key("pgtide house")))"

  /// Ends with the transaction; waits for `lock_timeout`.
  package var fenceAlone: SQL { "SELECT pg_catalog.pg_advisory_xact_lock(\(fenceKey))" }

  /// Of those that have begun: one that was refused meanwhile takes nothing over.
  package var newestRun: SQL {
    """
    SELECT r.run_id FROM \(HistorySQL.runs) r
    WHERE r.flow OPERATOR(pg_catalog.=) \(bind: flow) AND \(HistorySQL.hasBegun("r"))
    ORDER BY r.run_id DESC LIMIT 1
    """
  }

  /// Who holds the lock.
  package var holder: SQL {
    """
    SELECT a.pid, a.application_name, a.client_addr,
      pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
    WHERE \(Self.holds(lockKey))
    """
  }

  /// Fails, with ``isNotHeld``, if that session does not hold the lock: so it can stand before a COMMIT in the same batch.
  package func mustBeHeld(by backend: Int) -> SQL {
    """
    SELECT (CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) \(backend)
      AND \(Self.holds(lockKey)))
      THEN 'true' ELSE \(literal: Self.isNotHeld) END)::boolean
    """
  }

  /// What stands in the server's error.
  package static let isNotHeld = "the lock of this run is not held any more"

  /// Ends every session behind the fence. Only for who holds the lock.
  package var endSessions: SQL {
    """
    SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
    WHERE \(Self.holds(fenceKey)) AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    """
  }

  /// Ends that session if it holds the lock; no row if it does not.
  package func endHolder(_ backend: Int) -> SQL {
    """
    SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
    WHERE l.pid OPERATOR(pg_catalog.=) \(backend) AND \(Self.holds(lockKey))
    """
  }

  /// How `pg_locks` shows an advisory lock with one key of 64 bits (manual, "54.13 pg_locks").
  package static func holds(_ key: Int64) -> SQL {
    let (high, low) = (UInt32(truncatingIfNeeded: key >> 32), UInt32(truncatingIfNeeded: key))
    return """
      l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 1
        AND l.classid OPERATOR(pg_catalog.=) \(Int(high)) AND l.objid OPERATOR(pg_catalog.=) \(Int(low))
        AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      """
  }
}
