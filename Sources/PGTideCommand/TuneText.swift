import PGTide
import PGTideTune
import TerminalProgress

/// The result of trying settings as a person wants to read it.
struct TuneText {
  private let report: TuneReport

  init(_ report: TuneReport) { self.report = report }

  var text: String {
    var parts = [heading, table.text, report.reason, yaml]
    if !report.notTried.isEmpty { parts.append(notTried) }
    if !report.notices.isEmpty { parts.append(report.notices.map { "Note: \($0)" }.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  /// One line of progress.
  static func line(_ event: TuneEvent) -> String {
    switch event {
    case .sampled(let tables, let rows, let isWhole, let seconds):
      "each trial stages \(amount(tables: tables, rows: rows, isWhole: isWhole)); "
        + "with the settings now that takes \(Self.seconds(seconds)) s"
    case .tried(let choice, let round, let rounds, let seconds):
      "round \(round) of \(rounds): \(describe(choice)): \(Self.seconds(seconds)) s"
    }
  }

  private var heading: String {
    let count = report.trials.map(\.seconds.count).reduce(0, +)
    let amount = Self.amount(tables: report.tables, rows: report.rows, isWhole: report.isWhole)
    return "\(HumanFormat.count(count)) trials in \(HumanFormat.duration(.seconds(report.seconds))), each of which "
      + "staged \(amount)."
  }

  private static func amount(tables: Int, rows: Int, isWhole: Bool) -> String {
    "\(HumanFormat.rows(rows)) of \(ReportText.tables(tables)) (\(isWhole ? "all of them" : "a part of them"))"
  }

  private var table: TextTable {
    var table = TextTable([
      .right("jobs"), .right("chunks"), .right("buffers"), .left("format"), .right("trials"), .right("median s"),
      .right("fastest"), .right("slowest"), .right("rows/s"), .right("moved"), .left(""),
    ])
    for trial in report.trials {
      let remarks = [
        trial.choice == report.now ? "now" : nil, trial.choice == report.recommended ? "recommended" : nil,
      ]
      table.add([
        "\(trial.choice.jobs)", Self.size(trial.choice.chunkBytes), Self.size(trial.choice.bufferBytes),
        trial.choice.copyFormat.rawValue, "\(trial.seconds.count)", Self.seconds(trial.median),
        Self.seconds(trial.fastest), Self.seconds(trial.slowest),
        trial.median > 0 ? HumanFormat.count(Int(Double(report.rows) / trial.median)) : "-",
        HumanFormat.bytes(trial.bytes), remarks.compactMap(\.self).joined(separator: ", "),
      ])
    }
    return table
  }

  /// To be pasted into the configuration.
  private var yaml: String {
    """
    defaults:
      jobs: \(report.recommended.jobs)
      chunk_bytes: \(Self.size(report.recommended.chunkBytes))
      buffer_bytes: \(Self.size(report.recommended.bufferBytes))
      copy_format: \(report.recommended.copyFormat.rawValue)
    """
  }

  private var notTried: String {
    "Not tried, or not often enough, for want of time (--budget gives more):\n"
      + report.notTried.map { "  - \(Self.describe($0))" }.joined(separator: "\n")
  }

  private static func describe(_ choice: TuneChoice) -> String {
    "\(choice.jobs) \(choice.jobs == 1 ? "job" : "jobs"), chunks of \(size(choice.chunkBytes)), buffers of "
      + "\(size(choice.bufferBytes)), \(choice.copyFormat.rawValue)"
  }

  /// As the configuration takes it.
  static func size(_ bytes: Int) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where bytes % unit == 0 && bytes > 0 {
      return "\(bytes / unit)\(name)"
    }
    return "\(bytes)"
  }

  private static func seconds(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
