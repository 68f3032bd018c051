import PostgresValues

/// How many connections one end lets the run have, of those that it would like.
package struct ConnectionCheck {
  /// `source` or `target`.
  package let end: String
  package let limits: [ConnectionLimit]
  /// Connections that move rows, beside the run's own, which is open already.
  package let workers: Int

  package init(end: String, limits: [ConnectionLimit], workers: Int) {
    self.end = end
    self.limits = limits
    self.workers = workers
  }

  /// Workers that there is room for. One is tried whatever the limits say: a connection may become free.
  package var granted: Int { min(workers, max(1, limits.map(room).min() ?? workers)) }

  /// Limits under which no run could work, whoever else is there.
  package var problems: [PlanProblem] {
    limits.filter { $0.most < Self.least }.map { limit in
      PlanProblem(
        problem: "the \(end) allows \(count(limit.most)) for \(limit.scope), and a run needs \(Self.least) at least "
          + "(one of its own, and one for a job)",
        advice: "Raise the limit: \(limit.scope.statement(atLeast: workers + 1))")
    }
  }

  /// Limits that leave the run fewer connections than it would like.
  package var notices: [String] {
    limits.filter { $0.most >= Self.least && (granted(of: $0) < workers || $0.free == 0) }.map { limit in
      let (jobs, left) = (granted(of: limit), limit.free)
      let state = "the \(end) has \(count(left)) left for \(limit.scope) (\(limit.used) of \(limit.most) are open)"
      if left == 0 { return "\(state), and the run needs one more: it fails if none becomes free" }
      return "\(state): the run works with \(Self.count(jobs, "job")) instead of \(workers)"
        + (left > jobs ? ", and leaves one connection to others" : "")
    }
  }

  /// A session of the run's own, and one for a worker.
  private static let least = 2

  private func granted(of limit: ConnectionLimit) -> Int { min(workers, max(1, room(limit))) }

  /// The last connection is left to others, such as the app, which may need one while the run works. Of a role's own limit
  /// only where others use it.
  private func room(_ limit: ConnectionLimit) -> Int {
    if case .role = limit.scope, limit.used <= 1 { return limit.free }
    return limit.free - 1
  }

  private func count(_ number: Int) -> String { Self.count(number, "connection") }

  package static func count(_ number: Int, _ thing: String) -> String {
    number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
  }
}

extension SyncPlan {
  /// The workers that the servers' limits have room for, as far as they are known.
  package func workers(of wanted: Int, readsSource: Bool) -> Int {
    let ends = readsSource ? [source, target] : [target]
    return ends.map { ConnectionCheck(end: "", limits: $0.limits, workers: wanted).granted }.min() ?? wanted
  }
}

extension ConnectionLimit.Scope: CustomStringConvertible {
  package var description: String {
    switch self {
    case .server: "all"
    case .pooler: "us in its pooler"
    case .database(let name): "the database \(name)"
    case .role(let name): "the role \(name)"
    }
  }

  /// What raises the limit.
  fileprivate func statement(atLeast count: Int) -> String {
    switch self {
    case .server: "max_connections in the server's configuration"
    case .pooler: "the pool size of the pooler (pgbouncer: default_pool_size)"
    case .database(let name): "ALTER DATABASE \(Identifier(name).quoted) CONNECTION LIMIT \(count)"
    case .role(let name): "ALTER ROLE \(Identifier(name).quoted) CONNECTION LIMIT \(count)"
    }
  }
}
