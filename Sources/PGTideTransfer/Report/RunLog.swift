import Logging
import Postgres

/// Tells a run's decisions to a logger, one event each. Everything that a run logs is worded here; whoever decides
/// calls one of these functions.
///
/// Names of events and fields are stable, and listed in docs/reference/log-events.md. No cell value and no bound value
/// is among them.
package struct RunLog: Sendable {
  private var logger: Logger

  /// The field that holds an event's name.
  package static let eventKey = "event"

  package enum Event: String, CaseIterable {
    case planned, tablePlanned = "table_planned", linkNotSecured = "link_not_secured"
    case lockAwaited = "lock_awaited", lockTaken = "lock_taken", lockRegained = "lock_regained", runBegun = "run_begun",
      snapshotTaken = "snapshot_taken"
    case chunkStarted = "chunk_started", chunkFinished = "chunk_finished", chunkFailed = "chunk_failed"
    case digestCompared = "digest_compared", digestGivenUp = "digest_given_up"
    case directLoadBegun = "direct_load_begun", directLoadGivenUp = "direct_load_given_up",
      indexesKept = "indexes_kept", indexesRebuilt = "indexes_rebuilt"
    case chunkSpilled = "chunk_spilled", spilled
    case keysNotAsked = "keys_not_asked", rowsHeldBack = "rows_held_back", heldRowsSent = "held_rows_sent"
    case tableStaged = "table_staged", sourceReleased = "source_released"
    case tableCompared = "table_compared", rowsRejected = "rows_rejected"
    case mergeBegun = "merge_begun", mergeInParts = "merge_in_parts", waitingForRows = "waiting_for_rows",
      plannedAgain = "planned_again",
      mergeCommitted = "merge_committed", mergeFailed =
      "merge_failed"
    case mergeSkipped = "merge_skipped", commitLookedUp = "commit_looked_up", retrying
    case sequenceMoved = "sequence_moved", sequenceNotMoved = "sequence_not_moved"
    case analyzed, notAnalyzed = "not_analyzed"
    case warned, runFinished = "run_finished"
    case tableChecked = "table_checked", checkFinished = "check_finished"
    case statement
  }

  package init(_ logger: Logger, flow: String) {
    self.logger = logger
    self.logger[metadataKey: "flow"] = .string(flow)
  }

  /// The same log, with the run's number in every event.
  package func of(_ run: RunIdentity) -> RunLog {
    var log = self
    log.logger[metadataKey: "run"] = .string(run.id)
    return log
  }

  /// Sends one event. Message and fields are only made where the level is wanted.
  package func tell(
    _ level: Logger.Level, _ event: Event, table: String? = nil, _ message: @autoclosure () -> String,
    _ fields: @autoclosure () -> Logger.Metadata = [:]
  ) {
    logger.log(
      level: level, "\(table.map { "\($0): " } ?? "")\(message())",
      metadata: {
        var metadata = fields()
        metadata[Self.eventKey] = .string(event.rawValue)
        if let table { metadata["table"] = .string(table) }
        return metadata
      }())
  }

  /// Receives the statements of all connections, if the logger wants them.
  package var tracer: StatementTracer? {
    guard logger.logLevel <= .trace else { return nil }
    return { trace in
      var fields: Logger.Metadata = [
        "connection": .string(trace.connection), "statement": .string(trace.statement),
        "seconds": .seconds(trace.duration), "pipelined": .stringConvertible(trace.isPipelined),
      ]
      if let rows = trace.rows { fields["rows"] = .count(rows) }
      if let failure = trace.failure { fields["error"] = .string(failure) }
      if !trace.warnings.isEmpty { fields["warnings"] = .count(trace.warnings.count) }
      tell(.trace, .statement, "a statement on \(trace.connection)", fields)
    }
  }
}

extension Logger.MetadataValue {
  /// A number, which stays one in JSON.
  package static func count(_ value: Int) -> Self { .stringConvertible(value) }

  /// Seconds, to the millisecond.
  package static func seconds(_ duration: Duration) -> Self { .stringConvertible(duration.seconds) }
}
