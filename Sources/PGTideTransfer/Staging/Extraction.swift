import Postgres
import Synchronization

/// Brings rows into their stages, chunk by chunk.
package struct Extraction: Sendable {
  package let context: RunContext
  /// `nil` in a run that takes an earlier one's spill up again.
  package let source: OpenSource?
  package let route: any ChunkRoute
  package let ledger: ExtractionLedger
  /// `nil`: every row crosses whole.
  package let keyCache: KeyCache?

  package init(
    context: RunContext, source: OpenSource?, route: any ChunkRoute, ledger: ExtractionLedger, keyCache: KeyCache?
  ) {
    self.context = context
    self.source = source
    self.route = route
    self.ledger = ledger
    self.keyCache = keyCache
  }

  /// Copies a chunk and says whether that worked. A chunk that fails takes its table along, which the ledger tells.
  ///
  /// Throws only for what concerns the whole run: a cancelled task, no connection, a lost snapshot, a lost lock.
  package func copy(_ chunk: Chunk) async throws -> Bool {
    guard let table = context.plan.table(chunk.table) else { return false }
    do {
      try await route.prepare(chunk)
      ledger.start(chunk)
      context.log.chunkStarted(chunk, of: table)
      let start = ContinuousClock.now
      let outcome = try await context.retry.run(beforeRetry: { attempt, error in
        // Without the snapshot's owner nothing else can be read either.
        try await source?.checkOwner()
        context.noteRetry(of: table, attempt: attempt, error)
      }) { try await carry(chunk, of: table) }
      try await route.end(chunk)
      context.reports.change(table) { outcome.filter?.keep(in: &$0) }
      context.log.chunkFinished(chunk, of: table, outcome, took: start.duration(to: .now))
      guard ledger.add(outcome, of: chunk) else { return true }
    } catch let error where error.endsRun {
      throw error
    } catch {
      try await source?.checkOwner()
      context.log.chunkFailed(chunk, of: table, error)
      try await route.end(chunk)
      ledger.fail(chunk.table, SyncError(error, table: chunk.table, while: "copied to its stage"))
      return false
    }
    // The table is complete. What was read after the owner had lost its locks may be missing silently.
    try await source?.checkOwner()
    if let mismatch = ledger.table(chunk.table).mismatch {
      ledger.fail(chunk.table, SyncError(mismatch, table: chunk.table, while: "copied to its stage"))
      return false
    }
    context.log.tableStaged(table, ledger.table(chunk.table))
    context.observer(.stageComplete(table: table.label, rows: ledger.table(chunk.table).counts.staged))
    return true
  }

  /// One attempt at a chunk. What is reported of one that fails is taken back.
  private func carry(_ chunk: Chunk, of table: TablePlan) async throws -> ChunkCopy.Outcome {
    do {
      return try await carryOnce(chunk, of: table, by: route)
    } catch {
      guard let source, await !source.isReleased,
        let marked = try await table.withoutUnreadable(chunk, after: error, of: context.plan, from: source)
      else { throw error }
      return try await carryOnce(marked, of: table, by: source)
    }
  }

  private func carryOnce(
    _ chunk: Chunk, of table: TablePlan, by route: any ChunkRoute
  ) async throws -> ChunkCopy.Outcome {
    let observer = context.observer
    let seen = Mutex((rows: 0, bytes: 0))
    let copy = ChunkCopy(
      chunk: chunk, copyIn: table.stage.copyIn(chunk.format), fieldCount: table.stage.columns.count,
      cutAfter: context.settings.chunkBytes, bufferBytes: context.settings.bufferBytes,
      filter: keyCache?.filter(for: table), hasCommitted: { [context] in try await context.targets.hasCommitted($0) },
      progress: { rows, bytes in
        seen.withLock { $0 = ($0.rows + rows, $0.bytes + bytes) }
        observer(.staged(table: table.label, rows: rows, bytes: bytes))
      })
    do {
      return try await route.carry(copy, of: table, to: context.targets)
    } catch {
      let taken = seen.withLock { $0 }
      context.observer(.staged(table: table.label, rows: -taken.rows, bytes: -taken.bytes))
      throw error
    }
  }

  /// Ends the snapshot, unless that has been done.
  package func releaseSource() async {
    if await source?.release() == true { context.log.sourceReleased() }
  }
}
