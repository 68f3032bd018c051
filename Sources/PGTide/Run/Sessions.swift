import Postgres

/// How pgtide's own sessions are set up on each end, as a careful loader does.
struct Sessions: Sendable {
  let configuration: SyncConfiguration
  /// Who receives every statement.
  let tracers: [StatementTracer]
  let stallWatch: StallWatch

  func source(_ label: String) -> ConnectionOptions {
    // Nothing that pgtide, or SQL in its configuration, runs on the source can change it.
    // A digest's buckets are to stay in memory: sorting the rows instead takes half as long again.
    options(
      label, .source, configuration.source, more: [("default_transaction_read_only", "on"), ("work_mem", "32MB")])
  }

  func target(_ label: String) -> ConnectionOptions {
    // The joins of stage and target stay in memory for tables of this size; measured in docs/architecture.md.
    options(label, .target, configuration.target, more: [("work_mem", "32MB")])
  }

  /// Opens the run's own connection to each end, side by side, and watches all connections for stalls meanwhile.
  func withBothEnds<R: Sendable>(
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

  private func options(
    _ label: String, _ name: EndName, _ end: EndConfiguration, more: [(name: String, value: String)]
  ) -> ConnectionOptions {
    let lockTimeout = Int(configuration.settings.lockTimeout.seconds * 1000)
    let settings: [(name: String, value: String)] = [
      // A long COPY or an idle snapshot is no mistake.
      ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0"), ("idle_session_timeout", "0"),
      ("transaction_timeout", "0"),
      // Waiting for the app's locks has an end.
      ("lock_timeout", "\(lockTimeout)"),
      // Policies would hide rows silently; with this the server refuses instead (manual, "5.8 Row Security Policies").
      ("row_security", "off"),
      // What travels as text must mean the same on both ends.
      ("DateStyle", "ISO, YMD"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "3"),
      ("bytea_output", "hex"), ("standard_conforming_strings", "on"), ("lc_monetary", "C"), ("xmloption", "content"),
      ("array_nulls", "on"),
      ("client_min_messages", "warning"),
      // A server notices that its client has gone while a statement runs, from version 14 on.
      ("client_connection_check_interval", "2s"),
      // Compiling a plan costs more than these statements take.
      ("jit", "off"),
    ]
    var options = ConnectionOptions(
      label: label, connectionString: end.connection, applicationName: "pgtide \(configuration.flow)",
      connectTimeout: configuration.settings.connectTimeout, settings: settings + more, tracer: tracer,
      stallWatch: stallWatch)
    options.end = name.rawValue
    return options
  }

  private var tracer: StatementTracer? {
    guard tracers.count > 1 else { return tracers.first }
    return { [tracers] trace in for tracer in tracers { tracer(trace) } }
  }
}
