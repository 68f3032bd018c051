import Logging
import Postgres

/// Before the first row moves.
extension RunLog {
  func planned(_ plan: SyncPlan) {
    let chunks = plan.tables.map(\.chunks.count).reduce(0, +)
    tell(
      .info, .planned, "the plan stands",
      ["tables": .count(plan.tables.count), "groups": .count(plan.groups.count), "chunks": .count(chunks)])
    for (index, table) in plan.tables.enumerated() {
      tell(
        .info, .tablePlanned, table: table.label, "number \(index + 1), \(table.readStrategy)",
        [
          "order": .count(index + 1), "strategy": .string(table.readStrategy), "chunks": .count(table.chunks.count),
          "rows": .count(table.estimatedRows), "bytes": .count(table.estimatedBytes),
          "key": .array(table.key.columns.map { .string($0.name.name) }),
        ])
    }
  }

  func linkNotSecured(_ warning: LinkWarning) {
    tell(
      .warning, .linkNotSecured, warning.text,
      [
        "end": .string(warning.end), "host": .string(warning.link.host), "sslmode": .string(warning.link.sslMode),
        "encrypted": .stringConvertible(warning.link.isEncrypted),
      ])
  }

  func lockTaken() { tell(.info, .lockTaken, "this run alone works on the flow") }

  func runBegun(mode: String, jobs: Int) {
    tell(.info, .runBegun, "the run begins: \(mode)", ["mode": .string(mode), "jobs": .count(jobs)])
  }

  func snapshotTaken(_ snapshot: SourceSnapshot, tables: Int) {
    tell(
      .info, .snapshotTaken, "the source's tables are locked against DDL, and its snapshot is taken",
      ["snapshot": .string(snapshot.id), "tables": .count(tables)])
  }
}

/// From the source to the stages.
extension RunLog {
  func chunkStarted(_ chunk: Chunk, of table: TablePlan) {
    tell(.debug, .chunkStarted, table: table.label, "chunk \(chunk.number) begins", ["chunk": .count(chunk.number)])
  }

  func chunkFinished(_ chunk: Chunk, of table: TablePlan, _ outcome: ChunkCopy.Outcome, took duration: Duration) {
    tell(
      .debug, .chunkFinished, table: table.label, "chunk \(chunk.number) is staged",
      [
        "chunk": .count(chunk.number), "rows": .count(outcome.staged), "bytes": .count(outcome.bytes),
        "seconds": .seconds(duration),
      ])
  }

  func chunkFailed(_ chunk: Chunk, of table: TablePlan, _ error: any Error) {
    tell(
      .error, .chunkFailed, table: table.label, "chunk \(chunk.number) could not be staged",
      LoggedError.fields(error).adding(["chunk": .count(chunk.number)]))
  }

  func tableStaged(_ table: TablePlan, _ extracted: ExtractedTable) {
    tell(
      .info, .tableStaged, table: table.label, "all rows are in the stage",
      [
        "rows": .count(extracted.counts.staged), "bytes": .count(extracted.bytes), "chunks": .count(extracted.chunks),
        "seconds": .stringConvertible(extracted.seconds),
      ])
  }

  func sourceReleased() { tell(.info, .sourceReleased, "the source's locks and snapshot are given back") }
}

/// From the stages to the target.
extension RunLog {
  func tableCompared(_ table: TablePlan, _ delta: Delta, took duration: Duration) {
    tell(
      .info, .tableCompared, table: table.label,
      "\(delta.inserts) to insert, \(delta.updates) to update, \(delta.unchanged) unchanged, "
        + "\(delta.protected) protected, \(delta.rejected) rejected",
      [
        "insert": .count(delta.inserts), "update": .count(delta.updates), "unchanged": .count(delta.unchanged),
        "protected": .count(delta.protected), "rejected": .count(delta.rejected), "seconds": .seconds(duration),
      ])
    for (reason, rows) in delta.rejects.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      tell(
        .notice, .rowsRejected, table: table.label, "\(rows) rows are kept in pgtide.rejects: \(reason.rawValue)",
        ["reason": .string(reason.rawValue), "rows": .count(rows)])
    }
  }

  func mergeBegun(_ table: TablePlan, _ delta: Delta) {
    tell(
      .debug, .mergeBegun, table: table.label, "writing what differs", ["rows": .count(delta.inserts + delta.updates)])
  }

  func mergeCommitted(_ report: TableReport) {
    let counts = report.counts
    tell(
      .info, .mergeCommitted, table: report.table, "\(counts.inserted) inserted, \(counts.updated) updated",
      [
        "inserted": .count(counts.inserted), "updated": .count(counts.updated), "unchanged": .count(counts.unchanged),
        "protected": .count(counts.protected), "rejected": .count(counts.rejects),
        "attempt": .count(report.attempts), "seconds": .stringConvertible(report.mergeSeconds),
      ])
  }

  func mergeFailed(_ report: TableReport, _ error: any Error) {
    tell(.error, .mergeFailed, table: report.table, "nothing of it was committed", LoggedError.fields(error))
  }

  func mergeSkipped(_ report: TableReport, because culprit: String) {
    tell(
      .error, .mergeSkipped, table: report.table, "left out, because \(culprit) did not land",
      ["because": .string(culprit)])
  }

  /// Something failed that may pass; it is tried again.
  func retrying(_ error: any Error, attempt: Int, of attempts: Int, table: String? = nil) {
    tell(
      .warning, .retrying, table: table, "attempt \(attempt) of \(attempts) follows",
      LoggedError.fields(error).adding(["attempt": .count(attempt), "attempts": .count(attempts)]))
  }

  func analyzed(_ table: TablePlan, took duration: Duration) {
    tell(.info, .analyzed, table: table.label, "much changed, so it was analyzed", ["seconds": .seconds(duration)])
  }

  func notAnalyzed(_ table: TablePlan, because reason: String) {
    tell(.debug, .notAnalyzed, table: table.label, "not analyzed: \(reason)", ["because": .string(reason)])
  }
}

/// How it ended.
extension RunLog {
  func runFinished(_ report: SyncReport) {
    let totals = report.totals
    tell(
      .info, .runFinished, "the run is over: \(report.outcome.rawValue)",
      [
        "outcome": .string(report.outcome.rawValue), "tables": .count(report.tables.count),
        "rows": .count(totals.read), "inserted": .count(totals.inserted), "updated": .count(totals.updated),
        "unchanged": .count(totals.unchanged), "protected": .count(totals.protected),
        "rejected": .count(totals.rejects), "bytes": .count(report.bytes),
        "seconds": .stringConvertible(report.seconds), "peak_memory": .count(report.peakMemory),
      ])
  }

  func runFailed(_ error: any Error) {
    let isCancelled = error is CancellationError
    tell(
      isCancelled ? .notice : .error, .runFailed, isCancelled ? "the run was stopped" : "the run could not go on",
      LoggedError.fields(error).adding(["outcome": .string(isCancelled ? "cancelled" : "failed")]))
  }
}

extension TablePlan {
  /// How it is read, in a few words.
  fileprivate var readStrategy: String {
    if let reason = source.oneStreamBecause { return "one stream (\(reason))" }
    return chunks.count == 1 ? "read whole" : "\(chunks.count) chunks by page ranges"
  }
}
