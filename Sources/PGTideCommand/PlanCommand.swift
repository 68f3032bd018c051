import ArgumentParser
import PGTide

/// `pgtide plan`: what a sync would do.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a sync would do, and change nothing.",
    discussion: "Connects to both ends, reads their catalogs, and decides everything that a sync decides beforehand.")

  @OptionGroup var shared: SharedOptions

  @Flag(help: "Print the plan as JSON.")
  var json = false

  @Flag(help: "Show the SQL statements too.")
  var sql = false

  @Flag(help: "Measure on the source which rows would be rejected, and why. Reads all tables.")
  var profile = false

  @OptionGroup(title: "Speed")
  var speed: SpeedOptions

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug)
    try await reportingErrors(log) {
      var configuration = try shared.loadConfiguration()
      speed.apply(to: &configuration.settings)
      let options = Sync.Options(tracer: shared.tracer, logger: log.logger)
      let summary = try await untilSignal(log) { [configuration, profile] in
        let sync = Sync(configuration, options: options)
        return profile ? try await sync.measuredPlan() : PlanSummary(try await sync.plan())
      }
      try Console.print(json ? ReportJSON.text(summary) : PlanText(summary, showsSQL: sql).text, "the plan")
      return .success
    }
  }
}
