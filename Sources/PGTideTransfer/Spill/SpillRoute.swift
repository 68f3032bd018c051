import Postgres
import Synchronization

/// Reads a run's rows to the disk, chunk by chunk, lets the source go, and carries them on from there.
struct SpillRoute: ChunkRoute {
  let context: RunContext
  /// `nil` where an earlier run's spill is taken up again.
  let source: OpenSource?
  let spill: Spill
  private let start = ContinuousClock.now

  var isStraight: Bool { false }

  func prepare(_ chunk: Chunk) async throws {
    try await readAll()
    if case .failed(let error) = await spill.chunks.outcome(of: chunk) { throw error }
  }

  /// A chunk whose file is damaged is read once more, as long as the snapshot is held in which it was read.
  func carry(_ copy: ChunkCopy, of table: TablePlan, to targets: ConnectionPool) async throws -> ChunkCopy.Outcome {
    if case .spilled(let spilled) = await spill.chunks.outcome(of: copy.chunk) {
      do {
        return try await targets.lend { try await copy.run(from: spilled, in: spill.directory, to: $0) }
      } catch let damage as SpillDamage {
        await spill.chunks.noteDamage()
        guard let source, await !source.isReleased else {
          throw SyncError(
            table: table.target, message: "\(damage)",
            advice: "Look at the disk under it, and run again without --resume, which reads the source again")
        }
        context.reports.change(table) { $0.notices.append("read from the source once more, because \(damage)") }
      }
    }
    guard let source else {
      throw SyncError(message: "chunk \(copy.chunk.number) is neither on the source nor on the disk")
    }
    return try await copy.run(from: source, to: targets)
  }

  func end(_ chunk: Chunk) async throws {
    await spill.chunks.endDirect(chunk)
    try await releaseIfDone()
  }

  // MARK: - Reading

  /// Reads chunks until none is left. A chunk that fails is told of when its turn to be loaded comes.
  ///
  /// Throws only for what concerns the whole run: a cancelled task, no connection, a lost snapshot.
  private func readAll() async throws {
    while let source, let chunk = await spill.chunks.take() {
      let outcome: SpillQueue.State
      do {
        outcome = try await read(chunk, from: source)
      } catch {
        _ = await spill.chunks.finish(chunk, .failed(error))
        throw error
      }
      if await spill.chunks.finish(chunk, outcome) { try await conclude(source) }
    }
  }

  private func read(_ chunk: Chunk, from source: OpenSource) async throws -> SpillQueue.State {
    guard spill.budget.reason == nil, let table = context.plan.table(chunk.table) else { return .direct }
    do {
      let spilled = try await context.retry.run(beforeRetry: { attempt, error in
        // Without the snapshot's owner nothing else can be read either.
        try await source.checkOwner()
        context.noteRetry(of: table, attempt: attempt, error)
      }) { try await carry(chunk, of: table, from: source) }
      context.log.chunkSpilled(chunk, of: table, spilled)
      return .spilled(spilled)
    } catch is SpillFull {
      return .direct
    } catch let error where error.endsRun {
      throw error
    } catch {
      try await source.checkOwner()
      return .failed(error)
    }
  }

  /// One attempt at a chunk. What is reported of one that fails is taken back.
  private func carry(_ chunk: Chunk, of table: TablePlan, from source: OpenSource) async throws -> SpilledChunk {
    // When the target says that it cannot hold a text, the source may be gone.
    if table.isLookedThroughBeforehand(context.plan),
      let marked = try await table.marking(chunk, of: context.plan, from: source)
    {
      return try await carryOnce(marked, of: table, from: source)
    }
    do {
      return try await carryOnce(chunk, of: table, from: source)
    } catch {
      guard let marked = try await table.withoutUnreadable(chunk, after: error, of: context.plan, from: source) else {
        throw error
      }
      return try await carryOnce(marked, of: table, from: source)
    }
  }

  private func carryOnce(_ chunk: Chunk, of table: TablePlan, from source: OpenSource) async throws -> SpilledChunk {
    let observer = context.observer
    let seen = Mutex((rows: 0, bytes: 0))
    let index = context.plan.tables.firstIndex { $0.target == table.target } ?? 0
    let copy = ChunkSpill(
      chunk: chunk, fieldCount: table.stage.columns.count, cutAfter: context.settings.chunkBytes,
      bufferBytes: context.settings.bufferBytes, directory: spill.directory,
      fileName: { "\(index + 1)-\(chunk.number)-\($0).lz4" }, budget: spill.budget,
      progress: { rows, bytes in
        seen.withLock { $0 = ($0.rows + rows, $0.bytes + bytes) }
        observer(.spilled(table: table.label, rows: rows, bytes: bytes))
      })
    do {
      return try await source.lend { try await copy.run(from: $0) }
    } catch {
      let taken = seen.withLock { $0 }
      context.observer(.spilled(table: table.label, rows: -taken.rows, bytes: -taken.bytes))
      throw error
    }
  }

  /// Lets the source go, if nothing is left that has to be read from it.
  private func releaseIfDone() async throws {
    guard let source, await spill.chunks.isSourceDone, await !source.isReleased else { return }
    // What was read after the owner had lost its locks may be missing silently.
    try await source.checkOwner()
    if await source.release() { context.log.sourceReleased() }
  }

  /// Everything that can be read to the disk is there.
  private func conclude(_ source: OpenSource) async throws {
    // What was read after the owner had lost its locks may be missing silently.
    try await source.checkOwner()
    let spilled = await spill.chunks.spilled
    let direct = await spill.chunks.directCount
    context.log.spilled(spilled, direct: direct, in: spill.directory, took: start.duration(to: .now))
    if context.plan.held.isEmpty, spilled.count == context.plan.tables.map(\.chunks.count).reduce(0, +) {
      var complete = spill.manifest
      for index in complete.tables.indices {
        complete.tables[index].chunks = spilled.filter { $0.table == complete.tables[index].table }
      }
      complete.isComplete = true
      do {
        try spill.directory.write(complete)
      } catch let full as SpillFull {
        // It is loaded all the same, and gone after that.
        spill.budget.close(because: full.reason)
      }
    }
    try await releaseIfDone()
  }
}
