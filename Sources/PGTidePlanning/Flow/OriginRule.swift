import ConnectionStrings

/// How a target row shows where it was born.
///
/// A row is *ours* if the marker column holds our value or, unless said otherwise, NULL; every other row is *protected* and
/// never written.
public enum OriginRule: Sendable, Equatable {
  /// `column` holds `ours` in the rows that this flow inserted; `null` says whose rows without a value there are.
  case marker(column: ObjectName, ours: String, null: NullMarkerRule = .ours)
  /// The table has no marker: every row of it is ours. Said explicitly, or the plan refuses the table.
  case allRowsAreOurs
}
