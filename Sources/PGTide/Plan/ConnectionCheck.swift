import Postgres

/// Whether one end lets the run have as many connections as it is going to open.
struct ConnectionCheck {
  /// `source` or `target`.
  let end: String
  let limits: [ConnectionLimit]
  /// Connections that move rows, beside the run's own, which is open already.
  let lanes: Int

  /// Limits under which the run could never have its connections, whoever else is there.
  var problems: [PlanProblem] {
    limits.filter { $0.most < lanes + 1 }.map { limit in
      let raise = "raise the limit: \(limit.scope.statement(atLeast: lanes + 1))"
      return PlanProblem(
        problem: "the \(end) allows \(count(limit.most)) for \(limit.scope), and the run needs \(lanes + 1) "
          + "(one of its own, and \(lanes) for the jobs)",
        advice: limit.most > 1 ? "Use --jobs \(limit.most - 1), or \(raise)" : raise.capitalizedFirst)
    }
  }

  /// Limits that are so far used up at this moment that the run may fail to open its connections.
  var notices: [String] {
    limits.filter { $0.most >= lanes + 1 && $0.free < lanes }.map { limit in
      "the \(end) has \(count(limit.free)) left for \(limit.scope) (\(limit.used) of \(limit.most) are open), and the "
        + "run opens \(lanes) more: use fewer --jobs if it fails to connect"
    }
  }

  private func count(_ number: Int) -> String { number == 1 ? "1 connection" : "\(number) connections" }
}

extension ConnectionLimit.Scope: CustomStringConvertible {
  var description: String {
    switch self {
    case .server: "all"
    case .database(let name): "the database \(name)"
    case .role(let name): "the role \(name)"
    }
  }

  /// What raises the limit.
  fileprivate func statement(atLeast count: Int) -> String {
    switch self {
    case .server: "max_connections in the server's configuration"
    case .database(let name): "ALTER DATABASE \(Identifier(name).quoted) CONNECTION LIMIT \(count)"
    case .role(let name): "ALTER ROLE \(Identifier(name).quoted) CONNECTION LIMIT \(count)"
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
