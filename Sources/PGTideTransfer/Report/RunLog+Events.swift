import Logging
import Postgres

/// Before the first row moves.
extension RunLog {
  package func planned(_ plan: SyncPlan) {
    let chunks = plan.tables.map(\.chunks.count).reduce(0, +)
    tell(
      .info, .planned, "the plan stands",
      ["tables": .count(plan.tables.count), "groups": .count(plan.groups.count), "chunks": .count(chunks)])
    for (index, table) in plan.tables.enumerated() {
      tell(
        .info, .tablePlanned, table: table.label, "number \(index + 1), \(table.readStrategy)",
        [
          "order": .count(index + 1), "strategy": .string(table.readStrategy), "chunks": .count(table.chunks.count),
          "format": .string(table.format.rawValue),
          "rows": .count(table.estimatedRows), "bytes": .count(table.estimatedBytes),
          "key": .array(table.key.naming.map { .string($0.name.name) }),
        ])
    }
  }

  package func linkNotSecured(_ warning: LinkWarning) {
    tell(
      .warning, .linkNotSecured, warning.text,
      [
        "end": .string(warning.end), "host": .string(warning.link.host), "sslmode": .string(warning.link.sslMode),
        "encrypted": .stringConvertible(warning.link.isEncrypted),
      ])
  }

  package func lockAwaited(_ other: RunInProgress) {
    let named = [("backend", other.backend.map { "\($0)" }), ("client", other.client), ("since", other.since)]
    var fields: Logger.Metadata = [:]
    for (name, value) in named { if let value { fields[name] = .string(value) } }
    tell(.notice, .lockAwaited, other.whoAndSince, fields)
  }

  package func lockTaken() { tell(.info, .lockTaken, "this run alone works on the flow") }

  /// - Parameter endedSessions: sessions of an earlier run that had lost its lock, which had to be ended.
  package func runBegun(mode: String, jobs: Int, endedSessions: Int) {
    tell(
      .info, .runBegun, "the run begins: \(mode)",
      ["mode": .string(mode), "jobs": .count(jobs), "ended_sessions": .count(endedSessions)])
  }
}

/// From the source to the stages.
extension RunLog {
  package func directLoadBegun(_ table: TablePlan) {
    tell(.debug, .directLoadBegun, table: table.label, "it is empty, so its rows go in without a stage")
  }

  package func directLoadGivenUp(_ table: TablePlan, _ error: any Error) {
    tell(
      .notice, .directLoadGivenUp, table: table.label, "its rows go through the stage after all",
      LoggedError.fields(error))
  }

  package func indexesKept(_ table: TablePlan, because: String) {
    tell(.notice, .indexesKept, table: table.label, "its indexes are kept up row by row, because \(because)")
  }

  package func indexesRebuilt(_ table: TablePlan, count: Int, took: Duration) {
    tell(
      .debug, .indexesRebuilt, table: table.label, "its indexes stand again",
      ["indexes": .count(count), "seconds": .seconds(took)])
  }

  package func sourceReleased() { tell(.info, .sourceReleased, "the source's locks and snapshot are given back") }
}

/// From the stages to the target.
extension RunLog {
  package func mergeInParts(_ tables: [TablePlan], because error: SyncError) {
    let fields: Logger.Metadata = ["tables": .array(tables.map { .string($0.label) })]
    tell(
      .notice, .mergeInParts, "the target refuses a row; writing in parts to find out which",
      LoggedError.fields(error).adding(fields))
  }

  package func plannedAgain(_ table: TablePlan, because error: SyncError) {
    tell(
      .notice, .plannedAgain, table: table.label, "it was changed on the target since it was planned; planned again",
      LoggedError.fields(error))
  }

  package func waitingForRows(_ tables: [TablePlan], because error: SyncError) {
    let fields: Logger.Metadata = ["tables": .array(tables.map { .string($0.label) })]
    tell(
      .notice, .waitingForRows,
      "somebody has locked a row; the others are written, and locked ones are waited for one by one",
      LoggedError.fields(error).adding(fields))
  }

  package func mergeCommitted(_ report: TableReport) {
    let counts = report.counts
    tell(
      .info, .mergeCommitted, table: report.table, "\(counts.inserted) inserted, \(counts.updated) updated",
      [
        "inserted": .count(counts.inserted), "updated": .count(counts.updated), "unchanged": .count(counts.unchanged),
        "protected": .count(counts.protected), "rejected": .count(counts.rejected),
        "attempt": .count(report.attempts), "seconds": .stringConvertible(report.mergeSeconds),
      ])
  }

  package func mergeFailed(_ report: TableReport, _ error: any Error) {
    tell(.error, .mergeFailed, table: report.table, "nothing of it was committed", LoggedError.fields(error))
  }

  package func mergeSkipped(_ report: TableReport, because culprit: String) {
    tell(
      .error, .mergeSkipped, table: report.table, "left out, because \(culprit) did not land",
      ["because": .string(culprit)])
  }

  package func held(_ table: HeldTable) {
    switch table.reason {
    case .lock(let error): mergeFailed(table.report, error)
    case .parent(let label): mergeSkipped(table.report, because: label)
    }
  }

  /// Something failed that may pass; it is tried again for the `attempt`-th time.
  package func retrying(_ error: any Error, attempt: Int, of retries: Int, table: String? = nil) {
    tell(
      .notice, .retrying, table: table, "trying again, for time \(attempt) of \(retries)",
      LoggedError.fields(error).adding(["attempt": .count(attempt), "retries": .count(retries)]))
  }

  package func lockRegained() {
    tell(.warning, .lockRegained, "the session that held the flow's lock was lost; the lock is held again")
  }

  /// The connection was lost at COMMIT, so the server was asked what became of it.
  package func commitLookedUp(hasCommitted: Bool) {
    tell(
      .warning, .commitLookedUp,
      "the connection was lost at COMMIT; the server says that it \(hasCommitted ? "stands" : "does not stand")",
      ["committed": .stringConvertible(hasCommitted)])
  }

  package func analyzed(_ table: TablePlan, took duration: Duration) {
    let columns = table.analysis.columns.map { "\($0)" }.joined(separator: ", ")
    tell(
      .info, .analyzed, table: table.label, "much changed, so it was analyzed",
      ["columns": .string(columns.isEmpty ? "all" : columns), "seconds": .seconds(duration)])
  }

  package func notAnalyzed(_ table: TablePlan, because reason: String) {
    tell(.debug, .notAnalyzed, table: table.label, "not analyzed: \(reason)", ["because": .string(reason)])
  }
}

/// How it ended.
extension RunLog {
  /// What the report warns of. The text output has it from there.
  package func warned(_ report: SyncReport) {
    for warning in report.warnings { tell(.warning, .warned, warning) }
    for table in report.tables {
      for warning in table.warnings { tell(.warning, .warned, table: table.table, warning) }
    }
  }

  /// - Parameter failure: what ended the run before its end.
  package func runFinished(_ report: SyncReport, failure: (any Error)?) {
    let totals = report.totals
    let isCancelled = failure is CancellationError
    let outcome = isCancelled ? "cancelled" : report.outcome.rawValue
    let fields: Logger.Metadata = [
      "outcome": .string(outcome), "tables": .count(report.tables.count), "rows": .count(totals.read),
      "inserted": .count(totals.inserted), "updated": .count(totals.updated), "unchanged": .count(totals.unchanged),
      "protected": .count(totals.protected), "rejected": .count(totals.rejected), "bytes": .count(report.bytes),
      "seconds": .stringConvertible(report.seconds), "peak_memory": .count(report.peakMemory),
    ]
    tell(
      failure == nil ? .info : isCancelled ? .notice : .error, .runFinished, "the run is over: \(outcome)",
      (failure.map(LoggedError.fields) ?? [:]).adding(fields))
  }
}

extension TablePlan {
  /// How it is read, in a few words.
  fileprivate var readStrategy: String {
    if let reason = source.oneStreamBecause { return "one stream (\(reason))" }
    return chunks.count == 1 ? "read whole" : "\(chunks.count) chunks by page ranges"
  }
}
