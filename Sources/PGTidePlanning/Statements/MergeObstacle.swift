/// What stops a merge, whichever rows it concerns. The value is the SQLSTATE that the merge in parts raises.
package enum MergeObstacle: String {
  case foreignMarker = "TIDE1"
  case movedKey = "TIDE2"
  case restlessRows = "TIDE3"
  case miscounted = "TIDE4"
  case writesToOthers = "TIDE5"

  package static let errorClass = "TI"

  package func error(_ table: TablePlan, _ message: String) -> SyncError {
    SyncError(
      table: table.target, message: "\(message), so nothing of it was committed", advice: advice, summary: summary)
  }

  /// The message comes from the server, where a trigger could have made it.
  private var summary: String {
    switch self {
    case .foreignMarker: "rows that it would write show a marker that is not ours"
    case .movedKey: "rows that it would write have another key than on the source"
    case .restlessRows: "rows keep changing under the merge"
    case .miscounted: "the server counts other rows than were written"
    case .writesToOthers: "its updates would write to rows that are not ours, through foreign keys"
    }
  }

  private var advice: String {
    switch self {
    case .foreignMarker: "A trigger of the table may change the marker; pgtide leaves such a table alone"
    case .movedKey: "A trigger of the table may change the key; pgtide leaves such a table alone"
    case .restlessRows: "Run again when the app is less busy"
    case .miscounted: "A trigger or rule of another table may write to it; report this if there is none"
    case .writesToOthers:
      "Look at the foreign keys with ON UPDATE or ON DELETE CASCADE, SET NULL or SET DEFAULT that lead from it to those rows"
    }
  }
}
