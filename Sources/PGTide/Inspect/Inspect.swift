import Logging
import Postgres

/// Looks at the tables of a configuration on both ends. Nothing is written.
///
///     let report = try await Inspect(configuration).run()
///
/// A table that cannot be planned is shown with what stands in the way, and an end that cannot be read does not hide the
/// other.
public struct Inspect: Sendable {
  public struct Options: Sendable {
    /// Count the rows, and those without a stamp, by reading the tables.
    public var countsRows: Bool
    /// Receives every statement, for `--debug`.
    package var tracer: StatementTracer?
    /// At level `trace` it receives every statement.
    public var logger: Logger

    public init(
      countsRows: Bool = false, logger: Logger = Logger(label: "pgtide") { _ in SwiftLogNoOpLogHandler() }
    ) {
      (self.countsRows, self.logger) = (countsRows, logger)
    }

    package init(countsRows: Bool = false, tracer: StatementTracer?, logger: Logger) {
      self.init(countsRows: countsRows, logger: logger)
      self.tracer = tracer
    }
  }

  private let configuration: SyncConfiguration
  private let options: Options
  private let sessions: Sessions

  public init(_ configuration: SyncConfiguration, options: Options = Options()) {
    self.configuration = configuration
    self.options = options
    sessions = Sessions(
      configuration: configuration,
      tracers: [options.tracer, RunLog(options.logger, flow: configuration.flow).tracer].compactMap(\.self),
      stallWatch: StallWatch(
        limit: configuration.settings.stallTimeout, lockTimeout: configuration.settings.lockTimeout))
  }

  /// Throws: ``SettingsError``, `CancellationError`.
  public func run() async throws -> InspectReport {
    try configuration.validate()
    return try await sessions.withEachEnd { source, target in
      let findings = try await PlanFindings.find(configuration, source: source, target: target)
      async let here = SurveyedEnd.survey(.source, source, configuration, countsRows: options.countsRows)
      async let there = SurveyedEnd.survey(.target, target, configuration, countsRows: options.countsRows)
      let (source, target) = await (here, there)
      // What a cancelled survey lacks is no finding.
      try Task.checkCancellation()
      return InspectReport(configuration, source: source, target: target, findings: findings)
    }
  }
}
