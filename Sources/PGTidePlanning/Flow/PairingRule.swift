/// How rows of ours and the source's find each other where no key of theirs stands on both ends.
public enum PairingRule: Sendable, Equatable {
  /// Only the target makes the key (`key: generated`). Rows are paired by these columns, by their target names; empty: by all
  /// columns that get a value.
  case generated(match: [ObjectName])
  /// A row of the target has no key, or none that is to be used (`key: none`). Rows that are the same in all columns are
  /// paired.
  case keyless
}
