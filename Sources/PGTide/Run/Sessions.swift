import Postgres

/// How pgtide's own sessions are set up on each end: as an ordinary session of that role and database, but for what
/// ``SessionSetting`` decides.
struct Sessions: Sendable {
  let configuration: SyncConfiguration
  /// Who receives every statement.
  let tracers: [StatementTracer]
  let stallWatch: StallWatch

  func source(_ label: String) -> ConnectionOptions { options(label, .source, configuration.source) }

  func target(_ label: String) -> ConnectionOptions { options(label, .target, configuration.target) }

  /// Opens the run's own connection to each end, side by side, and watches all connections for stalls meanwhile.
  ///
  /// - Parameter withoutSource: called before the error is thrown, where the target alone could be reached.
  func withBothEnds<R: Sendable>(
    withoutSource: @Sendable (_ target: Connection, _ error: any Error) async -> Void = { _, _ in },
    _ body: @Sendable (_ source: Connection, _ target: Connection) async throws -> R
  ) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { watch in
      watch.addTask { await stallWatch.run() }
      defer { watch.cancelAll() }
      async let sourceEnd = Result.of { try await Connection.open(self.source("source").sparingPoolers) }
      async let targetEnd = Result.of { try await Connection.open(self.target("target").sparingPoolers) }
      let (source, target) = await (sourceEnd, targetEnd)
      let result: Result<R, any Error>
      do {
        let (source, target) = try (source.get(), target.get())
        result = await Result.of { try await body(source, target) }
      } catch {
        if case .failure = source, case .success(let target) = target { await withoutSource(target, error) }
        result = .failure(error)
      }
      try? await source.get().close()
      try? await target.get().close()
      return try result.get()
    }
  }

  /// The same with the target alone.
  func withTarget<R: Sendable>(_ body: @Sendable (_ target: Connection) async throws -> R) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { watch in
      watch.addTask { await stallWatch.run() }
      defer { watch.cancelAll() }
      let target = try await Connection.open(self.target("target").sparingPoolers)
      let result = await Result.of { try await body(target) }
      await target.close()
      return try result.get()
    }
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
