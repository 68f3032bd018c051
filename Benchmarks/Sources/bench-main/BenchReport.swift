import FoundationEssentials

/// All figures of one comparison, as they go into the JSON file and the Markdown table.
struct BenchReport: Codable {
  struct Entry: Codable {
    var scenario: Scenario
    var contender: Contender
    var medians: Figures
    var runs: [Figures]
  }

  var data: String
  var tables: Int
  var rows: Int
  var rounds: Int
  /// What the line to the servers was like.
  var link: String
  /// What pgtide was told beside its configuration.
  var options: [String]
  var server: String
  var processors: Int
  var entries: [Entry]

  init(
    _ board: Match.Board, data: BenchData, rows: Int, rounds: Int, link: String, options: [String], server: String,
    contenders: [Contender], scenarios: [Scenario]
  ) {
    self.data = data.rawValue
    tables = data.tables.count
    self.rows = rows
    self.rounds = rounds
    self.link = link
    self.options = options
    self.server = server
    processors = ProcessInfo.processInfo.activeProcessorCount
    entries = scenarios.flatMap { scenario in
      contenders.compactMap { contender in
        guard let runs = board[scenario]?[contender] else { return nil }
        return Entry(scenario: scenario, contender: contender, medians: runs.medians, runs: runs)
      }
    }
  }

  /// What `contender` cost, divided by what `other` cost in the same round: the median of the rounds. A machine that is
  /// slower for a minute moves the medians of seconds, but hardly this. Of an even number of rounds, the mean of the two
  /// in the middle; `nil` where `other` cost nothing in one of them.
  func ratio(_ metric: Metric, of contender: Contender, to other: Contender, in scenario: Scenario) -> Double? {
    let (ours, theirs) = (runs(scenario, contender), runs(scenario, other))
    let ratios = zip(ours, theirs).map { $0[keyPath: metric.place] / $1[keyPath: metric.place] }.sorted()
    guard !ratios.isEmpty, ratios.allSatisfy(\.isFinite) else { return nil }
    return (ratios[(ratios.count - 1) / 2] + ratios[ratios.count / 2]) / 2
  }

  private func runs(_ scenario: Scenario, _ contender: Contender) -> [Figures] {
    entries.first { $0.scenario == scenario && $0.contender == contender }?.runs ?? []
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return try encoder.encode(self)
    }
  }

  var markdown: String {
    let told = options.isEmpty ? "" : "; pgtide with \(options.joined(separator: " "))"
    let processors = "\(processors) processor\(processors == 1 ? "" : "s")"
    var lines = [
      "\(rows) rows in \(tables == 1 ? "1 \(data) table" : "\(tables) tables"), medians of \(rounds) rounds taken in turn; PostgreSQL \(server), \(processors), \(link)\(told).",
      "", "| | | \(Metric.allCases.map(\.title).joined(separator: " | ")) | times pgtide's wall, by rounds |",
      "| --- | --- |" + String(repeating: " ---: |", count: Metric.allCases.count + 1),
    ]
    var last: Scenario?
    for entry in entries {
      let name = entry.scenario == last ? "" : entry.scenario.title
      last = entry.scenario
      let ratio = ratio(.wall, of: entry.contender, to: .pgtide, in: entry.scenario).map { decimal($0, 2) } ?? ""
      let cells = [name, entry.contender.title] + Metric.allCases.map { cell($0, entry.medians) } + [ratio]
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    return (lines + rates).joined(separator: "\n") + "\n"
  }

  /// How many rows a check of what is level compares, which does not depend on how many there are.
  private var rates: [String] {
    let checks = entries.filter { $0.scenario == .levelCheck && $0.medians.serverCPU > 0 }
    let texts = checks.map { check in
      // Both servers have read all rows.
      let rate = decimal(Double(rows) / (check.medians.serverCPU / 2) / 1_000_000, 2)
      let bytes = (check.medians.bytesFromSource + check.medians.bytesFromTarget) / Double(tables)
      return "\(check.contender.title): \(rate) million rows a second and core of each server, and "
        + "\(decimal(bytes, 0)) bytes a table from both ends"
    }
    return texts.isEmpty ? [] : ["", "Checks of what is level. \(texts.joined(separator: "; "))."]
  }

  private func cell(_ metric: Metric, _ figures: Figures) -> String {
    let (unit, decimals) = metric.display
    return decimal(figures[keyPath: metric.place] / unit, decimals)
  }
}

/// A number with a fixed count of decimals.
func decimal(_ number: Double, _ decimals: Int) -> String {
  guard number.isFinite else { return "-" }
  var scale = 1
  for _ in 0..<decimals { scale *= 10 }
  let scaled = Int((number * Double(scale)).rounded())
  guard decimals > 0 else { return "\(scaled)" }
  let (whole, part) = abs(scaled).quotientAndRemainder(dividingBy: scale)
  let digits = String(repeating: "0", count: decimals - "\(part)".count) + "\(part)"
  return (scaled < 0 ? "-" : "") + "\(whole).\(digits)"
}
