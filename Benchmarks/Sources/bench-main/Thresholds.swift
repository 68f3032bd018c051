import FoundationEssentials

/// How much of what the yardstick costs, by hand in psql, pgtide may cost: stored ratios, which a slow machine does not move,
/// and the margin that they need, because its noise does.
struct Thresholds: Codable {
  struct Limit: Codable {
    var scenario: Scenario
    var metric: Metric
    /// pgtide's figure, divided by that of the scenario's yardstick, when it was stored.
    var ratio: Double
    /// How many times the ratio may grow before it is a failure.
    var margin: Double
  }

  var limits: [Limit]

  init(file: String) throws {
    guard let data = FileManager.default.contents(atPath: file) else { throw BenchError("cannot read \(file)") }
    self = try JSONDecoder().decode(Self.self, from: data)
  }

  /// One line for each limit, and whether all are kept.
  func check(_ report: BenchReport) throws -> (lines: [String], isKept: Bool) {
    var lines: [String] = []
    var isKept = true
    for limit in limits {
      guard let ratio = report.ratio(limit.metric, of: .pgtide, to: limit.scenario.yardstick, in: limit.scenario) else {
        throw BenchError("there is no ratio of \(limit.metric.rawValue) for \(limit.scenario.rawValue)")
      }
      let most = limit.ratio * limit.margin
      isKept = isKept && ratio <= most
      lines.append(
        "\(ratio <= most ? "kept    " : "EXCEEDED") \(limit.scenario.title), \(limit.metric.title): "
          + "\(decimal(ratio, 3)) of what \(limit.scenario.yardstick.title) takes; stored \(decimal(limit.ratio, 3)), at most \(decimal(most, 3))"
      )
    }
    return (lines, isKept)
  }
}
