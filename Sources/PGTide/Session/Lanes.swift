import Postgres

/// The sessions in which a run works side by side, besides its own to each end.
struct Lanes: Sendable {
  /// `nil` where the source is not read.
  let sources: ConnectionPool?
  let targets: ConnectionPool

  init(sessions: Sessions, readsSource: Bool) {
    sources = readsSource ? ConnectionPool(discardsAfterError: true) { sessions.source("source \($0)") } : nil
    targets = ConnectionPool { sessions.target("target \($0)") }
  }

  /// Connects so many times to each end, which on a secured line takes several waits each; not more often than the ends'
  /// limits have room for, so that nobody is kept out. Does not throw: ``ConnectionPool/open(_:)`` tries again.
  ///
  /// Behind a pooler nothing is done: it has few sessions, and the plan says first how many are needed.
  ///
  /// - Parameters: the run's own session to each end.
  func connect(_ count: Int, beside source: Connection?, _ target: Connection) async {
    var room = count
    for own in [source, target].compactMap(\.self) {
      let limits = await own.answer?.rows.first.map(CatalogReader.limits) ?? []
      room = ConnectionCheck(end: own.label, limits: limits, lanes: room).granted
    }
    async let reading: Void = connect(room, sources, beside: source)
    await connect(room, targets, beside: target)
    await reading
  }

  private func connect(_ count: Int, _ pool: ConnectionPool?, beside own: Connection?) async {
    if await own?.isBehindPooler == false { _ = await pool?.connect(count) }
  }

  func close() async {
    await sources?.close()
    await targets.close()
  }
}

/// How many lanes a run has, and why not as many as it was to have.
struct LaneCount: Sendable, Equatable {
  private(set) var count: Int
  private(set) var notices: [String] = []

  /// - Parameter planned: for which there was room when the run was planned; the plan has said why.
  init(wanted: Int, planned: Int) {
    count = min(wanted, planned)
  }

  /// Takes note of what an end gave of the connections that it was asked for.
  mutating func note(_ opened: ConnectionPool.Opened, of asked: Int, from end: EndName) {
    guard opened.count < asked, let refusal = opened.refusal else { return }
    let before = count
    count = min(count, opened.count)
    let connections = ConnectionCheck.count(asked, "connection")
    notices.append(
      "the \(end) did not give the run the \(connections) for its jobs that it asked for (\(refusal.inOneLine)): it worked "
        + "with \(ConnectionCheck.count(count, "job")) instead of \(before)")
  }

  /// The settings of a run with so many lanes.
  func applied(to settings: RunSettings) -> RunSettings {
    var settings = settings
    settings.jobs = count
    return settings
  }

  /// Why a run cannot work at all.
  static func none(from end: EndName, _ cause: PostgresError) -> SyncError {
    SyncError(
      message: "the \(end) gives the run no second connection: \(cause)",
      advice: "A run needs 2 to each end at least, one of its own and one for a job: close others, or raise the limit "
        + "of the server, the database, the role or the pooler",
      cause: cause)
  }
}
