/// Who stands in the way of a session that waits for a lock. Without the text of a statement, which may hold values.
enum LockHolder {
  /// A row for each session of others that these wait for in the end, and that waits for no other, or only for us.
  ///
  /// - Source: manual, "9.27.1 Session Information Functions". A prepared transaction has the number 0.
  static func question(_ waiting: [Int]) -> SQL {
    """
    WITH RECURSIVE chain (waiting, pid) AS (
      SELECT w.pid, b.pid FROM pg_catalog.unnest(\(bind: arrayText(waiting.map { "\($0)" }))::integer[]) AS w (pid),
        LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b (pid)
      UNION
      SELECT chain.waiting, b.pid FROM chain,
        LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(chain.pid)) AS b (pid))
    SELECT chain.waiting, chain.pid, a.application_name, a.state,
      pg_catalog.to_char(COALESCE(a.xact_start, a.query_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
      (SELECT pg_catalog.min(pg_catalog.concat(n.nspname, '.', c.relname)) FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE l.pid OPERATOR(pg_catalog.=) chain.waiting AND NOT l.granted)
    FROM chain LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) chain.pid
    WHERE \(isForeign("a")) AND NOT EXISTS (
      SELECT FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(chain.pid)) AS b (pid)
      LEFT JOIN pg_catalog.pg_stat_activity o ON o.pid OPERATOR(pg_catalog.=) b.pid WHERE \(isForeign("o")))
    ORDER BY chain.waiting, chain.pid
    """
  }

  private static func isForeign(_ session: String) -> SQL {
    """
    COALESCE(\(raw: session).application_name, '')
      OPERATOR(pg_catalog.<>) pg_catalog.current_setting('application_name')
    """
  }

  /// The answer in words, by the session that waits: what it waits for, where that is a relation, and for whom.
  static func read(_ answer: QueryResult) -> [Int: String] {
    Dictionary(grouping: answer.rows, by: { $0.int(0) ?? 0 }).mapValues { rows in
      (rows.first?[5].map { "\($0), by " } ?? "") + rows.map(describe).joined(separator: "; ")
    }
  }

  private static func describe(_ row: QueryResult.Row) -> String {
    guard let pid = row.int(1), pid > 0 else { return "a prepared transaction (pg_prepared_xacts has it)" }
    var facts: [String] = []
    if let application = row[2], !application.isEmpty { facts.append("application \(application)") }
    if let state = row[3] { facts.append(row[4].map { "\(state), since \($0)" } ?? state) }
    return "backend \(pid)" + (facts.isEmpty ? "" : " (\(facts.joined(separator: ", ")))")
  }
}

/// What is known of one connection's wait for a lock.
struct LockWait: Sendable {
  private var pulse: StatementCanceller.Pulse?
  private var since = ContinuousClock.now
  private var found: (holders: String, at: ContinuousClock.Instant)?

  /// Whether the same wait goes on for so long already, or for so long since it was last asked about.
  mutating func isToBeAsked(_ now: StatementCanceller.Pulse?, every interval: Duration) -> Bool {
    let time = ContinuousClock.now
    guard let now, now == pulse else {
      (pulse, since) = (now, time)
      return false
    }
    guard time - since >= interval else { return false }
    since = time
    return true
  }

  mutating func note(_ holders: String) { found = (holders, .now) }

  func holders(notBefore limit: ContinuousClock.Instant) -> String? {
    found.flatMap { $0.at >= limit ? $0.holders : nil }
  }
}
