import Postgres

/// What stands between pgtide and a server.
enum Pooler: Sendable, Equatable, Codable {
  /// Nothing that can be seen: the server itself answers.
  case none
  /// A pooler that kept two sessions apart when it was tried.
  case keepsSessions
  /// A pooler that hands one server connection to several sessions. Settings, locks and snapshots do not hold there.
  case sharesSessions(String)
  /// A pooler that has no server connection for a second session.
  case isFull

  /// - Parameter end: `source` or `target`.
  func problem(_ end: String) -> PlanProblem? {
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
          "Raise its pool size (pgbouncer: default_pool_size) to the jobs and 1 more, or connect to the database's "
          + "own host and port")
    }
  }

  func notice(_ end: String) -> String? {
    guard self == .keepsSessions else { return nil }
    return "a pooler stands before the \(end). It kept sessions apart when it was tried, as session mode does; "
      + "the run's connections count against its pool size"
  }
}

/// Finds out whether a pooler keeps sessions, by trying it.
///
/// Two sessions are open at once, and one of them is in a transaction. In session mode each has a server process of
/// its own, and keeps it. In transaction mode the second gets the process that the first has just left, or the first is
/// given another one when it comes back. It costs nothing where no pooler stands in between.
struct PoolerProbe: Sendable {
  private let connection: Connection
  private static let patience: Duration = .seconds(5)
  /// On which hosted services put their transaction mode.
  private static let transactionPort = "6543"

  init(_ connection: Connection) { self.connection = connection }

  /// Throws: ``PostgresError``; ``PlanRefusal`` where nothing else can be asked. Where the pooler keeps sessions, the connection's settings have been applied.
  func examine() async throws -> Pooler {
    guard await connection.isBehindPooler else { return .none }
    if try await connection.server.port == Self.transactionPort {
      return .sharesSessions("it is on port \(Self.transactionPort)")
    }
    var options = connection.options
    options.label += ", second session"
    options.settings = []
    options.stallWatch = nil
    let other: Connection
    do { other = try await Connection.open(options) } catch is PostgresError { return .isFull }
    let answer = await Result.of { try await compare(with: other) }
    await other.close()
    if case .failure(let error as PostgresError) = answer, error.message.contains("statement pooling mode") {
      // The pooler has closed the connection with it, so that nothing else can be asked.
      let pooler = Pooler.sharesSessions("it allows no transactions")
      throw PlanRefusal(problems: [pooler.problem(connection.label)].compactMap(\.self))
    }
    let pooler = try answer.get()
    if pooler == .keepsSessions { try await connection.applySettings() }
    return pooler
  }

  private func compare(with other: Connection) async throws -> Pooler {
    let process: SQL = "SELECT pg_catalog.pg_backend_pid()"
    guard let first = try? await other.cleanUp(process, within: Self.patience).rows.first?.int(0) else {
      return .isFull
    }
    // Nothing that writes: the other side may be a standby.
    let ours = try await connection.batch(["BEGIN", process]).last?.rows.first?.int(0)
    // One that has to wait for a process has lost its own.
    let second = ours == first ? nil : try? await other.cleanUp(process, within: Self.patience).rows.first?.int(0)
    await connection.rollBack()
    if ours == first { return .sharesSessions("two sessions got the same server process") }
    return second == first ? .keepsSessions : .sharesSessions("a session got another server process")
  }
}
