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

  @OptionGroup(title: "Speed")
  var speed: SpeedOptions

  func run() async throws {
    let log = shared.log.commandLog(debug: shared.debug)
    try await reportingErrors(log) {
      var configuration = try shared.loadConfiguration()
      speed.apply(to: &configuration.settings)
      let options = Sync.Options(tracer: shared.tracer, logger: log.logger)
      let plan = try await untilSignal(log) { [configuration] in try await Sync(configuration, options: options).plan()
      }
      let summary = PlanSummary(plan)
      try Console.print(json ? ReportJSON.text(summary) : PlanText(summary, showsSQL: sql).text, "the plan")
      return .success
    }
  }
}
