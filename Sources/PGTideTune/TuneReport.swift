import PGTide

/// What trying settings came to.
public struct TuneReport: Sendable, Codable {
  public var flow: String
  /// Tables that took part.
  public var tables: Int
  /// Rows that each trial staged.
  public var rows: Int
  /// All rows of these tables; otherwise a part of the large ones.
  public var isWhole: Bool
  /// The settings of the configuration.
  public var now: TuneChoice
  /// The fastest first, by the medians.
  public var trials: [Trial]
  /// What to take.
  public var recommended: TuneChoice
  /// How many times as fast it is as the settings now.
  public var gain: Double
  public var reason: String
  /// Choices for which there was no time, or too little to count.
  public var notTried: [TuneChoice]
  public var seconds: Double
  public var notices: [String]

  /// A choice of settings, and how long staging took with it.
  public struct Trial: Sendable, Codable {
    public var choice: TuneChoice
    /// Each trial, in the order of the rounds.
    public var seconds: [Double]
    public var median: Double
    public var fastest: Double
    public var slowest: Double
    /// Bytes that each trial moved.
    public var bytes: Int
  }
}

extension TuneReport {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case flow, tables, rows
    case isWhole = "is_whole"
    case now, trials, recommended, gain, reason
    case notTried = "not_tried"
    case seconds, notices
  }
}

extension TuneReport.Trial {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case choice, seconds, median, fastest, slowest, bytes
  }
}
