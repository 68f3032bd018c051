import Postgres
import Synchronization

/// What became of one table's chunks.
package struct ExtractedTable: Sendable {
  package var counts = RowCounts()
  package var bytes = 0
  /// COPYs into the stage.
  package var chunks = 0
  /// From the first chunk's start to the last one's end.
  package var seconds = 0.0
  package var started: ContinuousClock.Instant?
  package var openChunks: Int
  /// Rows that must come, where a digest has counted them.
  package var announced: Int?
  /// Rows of ours on the target, where a digest has counted them.
  package var standing: Int?
  package var failure: SyncError?
  /// Its rows went straight to the target; nothing of it is in the stage.
  package var isLoadedDirectly = false

  package init(openChunks: Int) { self.openChunks = openChunks }

  /// Adds a chunk that was copied.
  package mutating func take(_ outcome: ChunkCopy.Outcome) {
    counts.read += outcome.read
    counts.staged += outcome.staged
    bytes += outcome.bytes
    chunks += max(1, outcome.parts)
  }

  /// Adds rows that were read as arrays.
  package mutating func take(_ rows: RowArrays) {
    counts.read += rows.rows
    counts.staged += rows.rows
    bytes += rows.bytes
  }

  /// What is wrong with the rows that came, when all have.
  package var mismatch: SyncError? {
    guard let announced, announced != counts.read - counts.matched else { return nil }
    return SyncError(
      message: "the digest counted \(announced) rows that have to be read, but \(counts.read - counts.matched) came",
      advice: "Nothing was written. Report this, and run again with --digest never, which reads all rows")
  }
}

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

/// What became of the chunks so far. Shared by the workers.
package final class ExtractionLedger: Sendable {
  private let tables: Mutex<[QualifiedName: ExtractedTable]>

  package init(plan: SyncPlan) {
    tables = Mutex(
      Dictionary(
        plan.tables.map { ($0.target, ExtractedTable(openChunks: $0.chunks.count)) },
        uniquingKeysWith: { first, _ in first }))
  }

  package func table(_ name: QualifiedName) -> ExtractedTable {
    tables.withLock { $0[name] } ?? ExtractedTable(openChunks: 0)
  }

  /// The first failure of any table.
  package var failure: SyncError? { tables.withLock { $0.values.compactMap(\.failure).first } }

  package func start(_ chunk: Chunk) {
    tables.withLock { tables in
      if tables[chunk.table]?.started == nil { tables[chunk.table]?.started = .now }
    }
  }

  package func fail(_ table: QualifiedName, _ error: SyncError) {
    tables.withLock { tables in
      if tables[table]?.failure == nil { tables[table]?.failure = error }
    }
  }

  /// Nothing of the table can be read; its group is told when it is compared.
  package func giveUp(_ table: QualifiedName, _ error: SyncError) {
    tables.withLock { $0[table]?.openChunks = 0 }
    fail(table, error)
  }

  /// Nothing of the table is to be staged any more.
  package func landDirectly(_ table: QualifiedName) {
    tables.withLock { tables in
      tables[table]?.openChunks = 0
      tables[table]?.isLoadedDirectly = true
    }
  }

  /// Some of the table's rows need not be read, the others are in so many chunks.
  ///
  /// - Parameters:
  ///   - announced: how many others there are, if that cannot change.
  ///   - standing: rows of ours on the target.
  package func narrow(_ table: QualifiedName, matched: Int, announced: Int?, standing: Int, chunks: Int) {
    tables.withLock { tables in
      tables[table]?.standing = standing
      tables[table]?.openChunks = chunks
      tables[table]?.counts.read = matched
      tables[table]?.counts.matched = matched
      tables[table]?.announced = announced
    }
  }

  /// Returns whether this was the table's last chunk.
  package func add(_ outcome: ChunkCopy.Outcome, of chunk: Chunk) -> Bool {
    tables.withLock { tables in
      guard var table = tables[chunk.table] else { return false }
      table.take(outcome)
      table.seconds = table.started?.duration(to: .now).seconds ?? 0
      table.openChunks -= 1
      tables[chunk.table] = table
      return table.openChunks == 0
    }
  }
}
