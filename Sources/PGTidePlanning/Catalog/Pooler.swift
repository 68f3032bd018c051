import PostgresValues

/// What stands between pgtide and a server.
package enum Pooler: Sendable, Equatable, Codable {
  /// Nothing that can be seen: the server itself answers.
  case none
  /// A pooler that kept sessions apart when it was tried.
  case keepsSessions
  /// A pooler that hands one server connection to several sessions. Settings, locks and snapshots do not hold there.
  case sharesSessions(String)
  /// A pooler that has no server connection for a second session.
  case isFull

  /// - Parameter end: `source` or `target`.
  package func problem(_ end: String) -> PlanProblem? {
    switch self {
    case .none, .keepsSessions: nil
    case .sharesSessions(let evidence):
      PlanProblem(
        problem: "a pooler that keeps no sessions stands before the \(end) (\(evidence)), and pgtide needs a session",
        advice:
          "Connect to the database's own host and port, or to the pooler's session mode (hosted services offer it "
          + "on port 5432 of the same host)")
    case .isFull:
      PlanProblem(
        problem: "the pooler before the \(end) has no server connection for a second session",
        advice:
          "Raise its pool size (pgbouncer: default_pool_size) to the jobs and 1 more, 2 at least, or connect to the "
          + "database's own host and port")
    }
  }

  package func notice(_ end: String) -> String? {
    guard self == .keepsSessions else { return nil }
    return "a pooler stands before the \(end). It kept sessions apart when it was tried, as session mode does; "
      + "the run's connections count against its pool size"
  }
}
