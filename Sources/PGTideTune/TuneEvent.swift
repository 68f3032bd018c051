import PGTide

/// What happens while settings are tried.
public enum TuneEvent: Sendable {
  /// How much each trial will stage, found out by staging it with the settings now.
  case sampled(tables: Int, rows: Int, isWhole: Bool, seconds: Double)
  /// A trial ended.
  case tried(TuneChoice, round: Int, rounds: Int, seconds: Double)
}
