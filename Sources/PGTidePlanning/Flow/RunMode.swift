/// What a run is asked for. Either moves only what differs.
public enum RunMode: String, Sendable, Equatable, CaseIterable {
  /// All rows of all tables are looked at.
  case full
  /// Of tables that name a column for it (``TableConfiguration/changedBy``), only rows that have changed; of others, all.
  case incremental
}
