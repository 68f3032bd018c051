import Postgres

/// How pgtide's own sessions are set up on each end: as an ordinary session of that role and database, but for what
/// ``SessionSetting`` decides.
package struct Sessions: Sendable {
  package let configuration: SyncConfiguration
  /// Who receives every statement.
  package let tracers: [StatementTracer]
  package let stallWatch: StallWatch

  package init(configuration: SyncConfiguration, tracers: [StatementTracer], stallWatch: StallWatch) {
    self.configuration = configuration
    self.tracers = tracers
    self.stallWatch = stallWatch
  }

  package func source(_ label: String) -> ConnectionOptions { options(label, .source, configuration.source) }

  package func target(_ label: String) -> ConnectionOptions { options(label, .target, configuration.target) }

  /// Opens the run's own connection to each end, side by side, and watches all connections for stalls meanwhile.
  ///
  /// Throws, before anything else is sent: ``PlanRefusal`` where a pooler that keeps no sessions stands before an end.
  ///
  /// - Parameter notBegun: called before the error is thrown, where a session on the target came about.
  package func withBothEnds<R: Sendable>(
    notBegun: @Sendable (_ target: Connection, _ error: any Error) async -> Void = { _, _ in },
    _ body: @Sendable (_ source: Connection, _ target: Connection) async throws -> R
  ) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { watch in
      watch.addTask { await stallWatch.run() }
      defer { watch.cancelAll() }
      async let sourceEnd = Result.of { try await Connection.open(own(self.source("source"))) }
      async let targetEnd = Result.of { try await Connection.open(own(self.target("target"))) }
      let (source, target) = await (sourceEnd, targetEnd)
      let result: Result<R, any Error>
      do {
        let (source, target) = try (source.get(), target.get())
        try await demandSessions([source, target])
        result = await Result.of { try await body(source, target) }
      } catch {
        if case .success(let target) = target, (try? await demandSessions([target])) != nil {
          await notBegun(target, error)
        }
        result = .failure(error)
      }
      try? await source.get().end()
      try? await target.get().end()
      return try result.get()
    }
  }

  /// The same with the target alone.
  package func withTarget<R: Sendable>(_ body: @Sendable (_ target: Connection) async throws -> R) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { watch in
      watch.addTask { await stallWatch.run() }
      defer { watch.cancelAll() }
      let target = try await Connection.open(own(self.target("target")))
      let result = await Result.of {
        try await demandSessions([target])
        return try await body(target)
      }
      await target.end()
      return try result.get()
    }
  }

  /// The run's own session, which is the first, and asks how many more there may be.
  func own(_ options: ConnectionOptions) -> ConnectionOptions {
    var options = options.sparingPoolers
    options.question = CatalogSQL.server
    return options
  }

  /// Makes sure that each of these is a session, whatever stands before its server.
  func demandSessions(_ connections: [Connection]) async throws {
    let problems = try await withThrowingTaskGroup(of: (Int, PlanProblem?).self) { group in
      for (place, connection) in connections.enumerated() {
        group.addTask { (place, try await PoolerProbe(connection).examine().problem(connection.label)) }
      }
      var problems: [(Int, PlanProblem?)] = []
      for try await found in group { problems.append(found) }
      return problems.sorted { $0.0 < $1.0 }.compactMap(\.1)
    }
    guard problems.isEmpty else { throw PlanRefusal(problems: problems) }
  }

  private func options(_ label: String, _ name: EndName, _ end: EndConfiguration) -> ConnectionOptions {
    let lockTimeout = Int(configuration.settings.lockTimeout.seconds * 1000)
    var options = ConnectionOptions(
      label: label, connectionString: end.connection, applicationName: "pgtide \(configuration.flow)",
      connectTimeout: configuration.settings.connectTimeout,
      settings: SessionSetting.settings(on: name) + [("lock_timeout", "\(lockTimeout)")], tracer: tracer,
      stallWatch: stallWatch)
    options.end = name.rawValue
    options.demands = SessionSetting.demands(on: name)
    // One that is ours is refused by the plan.
    options.wishes = end.session.filter { !$0.isOwned }.map { ($0.name, $0.value) }
    // Who names the path has looked at it.
    options.guardsSearchPath = !end.session.contains { $0.name.lowercased() == "search_path" }
    return options
  }

  private var tracer: StatementTracer? {
    guard tracers.count > 1 else { return tracers.first }
    return { [tracers] trace in for tracer in tracers { tracer(trace) } }
  }
}
