import Postgres

/// Finds out whether a pooler keeps sessions, by trying it with several, several times, and sets the session up where it does.
///
/// In session mode each of them has a server process of its own, and keeps it. In other modes they get whichever is free:
/// the one that another has just left, where little goes on; any of them, where others are at work; the next in turn, where
/// the pooler goes round. So they are asked one by one which process answers, in an order that no turn can follow. Where `n`
/// processes are free for everybody, the answers are those of session mode once in `n` to the power of the questions at
/// most. Four sessions that all get one of their own mean four processes, and 12 questions: once in 16 million. Nothing is
/// set meanwhile that could stay.
///
/// Where no pooler stands in between it costs nothing.
package struct PoolerProbe: Sendable {
  private let connection: Connection
  /// Sessions beside the run's own.
  private static let others = 3
  private static let patience: Duration = .seconds(5)
  /// For those behind the first: a small pool is used up by then.
  private static let shortPatience: Duration = .seconds(1)
  /// On which hosted services put their transaction mode.
  private static let transactionPort = "6543"

  package init(_ connection: Connection) { self.connection = connection }

  /// Throws: ``PostgresError``; `CancellationError`. Where the pooler keeps sessions, the connection's settings have been
  /// applied.
  package func examine() async throws -> Pooler {
    guard await connection.isBehindPooler else { return .none }
    if try await connection.server.port == Self.transactionPort {
      return .sharesSessions("it is on port \(Self.transactionPort)")
    }
    let others = await openOthers()
    let answer = await Result.of { others.isEmpty ? Pooler.isFull : try await examine(beside: others) }
    for (other, _) in others { await other.close() }
    return try answer.get()
  }

  /// Sessions that have got a server process, with its number.
  private func openOthers() async -> [(Connection, process: Int)] {
    guard let first = await open(1, within: Self.patience) else { return [] }
    async let second = open(2, within: Self.shortPatience)
    async let third = open(3, within: Self.shortPatience)
    return await [first, second, third].compactMap(\.self)
  }

  private func open(_ number: Int, within patience: Duration) async -> (Connection, process: Int)? {
    var options = connection.options
    options.label += ", trial \(number)"
    options.settings = []
    options.stallWatch = nil
    guard let other = try? await Connection.open(options) else { return nil }
    if let process = try? await Self.process(other, within: patience) { return (other, process) }
    await other.close()
    return nil
  }

  private func examine(beside others: [(Connection, process: Int)]) async throws -> Pooler {
    let own = try await Self.process(connection, within: Self.patience)
    let sessions = others + [(connection, own)]
    guard Set(sessions.map(\.process)).count == sessions.count else {
      return .sharesSessions("two sessions got the same server process")
    }
    // Fewer sessions, more questions.
    let questions = sessions.count > Self.others ? 12 : 24
    for _ in 0..<questions where try await !isKept(by: sessions.randomElement()) {
      return Self.moved
    }
    if others.count < Self.others { await connection.notePoolSize(others.count + 1) }
    do { try await connection.applySettings(to: own) } catch is SessionMoved { return Self.moved }
    // It must be so still, and its settings with it.
    for _ in 1...4 {
      guard try await isKept(by: sessions.randomElement()), try await isKept(by: (connection, own)) else {
        await connection.takeSettingsBack()
        return Self.moved
      }
    }
    return .keepsSessions
  }

  private static let moved = Pooler.sharesSessions("a session got another server process")

  /// Whether the same process answers a session as before.
  private func isKept(by session: (Connection, process: Int)?) async throws -> Bool {
    guard let (session, process) = session else { return true }
    // Whoever else uses the pool gets a turn.
    try await Task.sleep(for: .milliseconds(Int.random(in: 0...4)))
    do {
      return try await Self.process(session, within: Self.patience) == process
    } catch  where session !== connection {
      // One that has to wait for a process has lost its own.
      return false
    }
  }

  private static func process(_ session: Connection, within patience: Duration) async throws -> Int {
    try await session.cleanUp("SELECT pg_catalog.pg_backend_pid()", within: patience).rows.first?.int(0) ?? 0
  }
}
