/// What happens during a run, as it happens: for progress displays.
public enum SyncEvent: Sendable {
  /// The plan stands. For each table an estimate of its rows (`nil` where the source says nothing) and bytes.
  case planned([(table: String, rows: Int?, bytes: Int)])
  /// Rows and bytes of a table that reached its stage since the last such event.
  case staged(table: String, rows: Int, bytes: Int)
  /// Rows and bytes of a table that were read to the disk since the last such event.
  case spilled(table: String, rows: Int, bytes: Int)
  /// All of a table's rows are in its stage.
  case stageComplete(table: String, rows: Int)
  /// The table's stage is being compared with the target.
  case comparing(table: String)
  /// What differs is being written: so many rows.
  case merging(table: String, rows: Int)
  /// Another run of the flow is at work, and is waited for.
  case waiting(RunInProgress)
  /// A chunk's copy, a comparison or a merge met an error that may pass, and is tried again: for the `attempt`-th time.
  case retrying(table: String, attempt: Int, error: String)
  /// The run was cancelled: what has landed until then.
  case stopped(SyncReport)
  /// The table is through, in whatever way.
  case finished(TableReport)
}

/// Receives the events of a run, from several threads at once. It must not block.
public typealias SyncObserver = @Sendable (SyncEvent) -> Void
