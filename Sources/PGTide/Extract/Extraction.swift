import Postgres
import Synchronization

/// What became of one table's chunks.
struct ExtractedTable: Sendable {
  var counts = RowCounts()
  var bytes = 0
  var chunks = 0
  /// From the first chunk's start to the last one's end.
  var seconds = 0.0
  var failure: SyncError?
}

/// Brings all tables' rows into their stages: a fixed number of lanes, each with one connection to either end, take
/// chunks from one queue, the longest first.
struct Extraction: Sendable {
  let plan: SyncPlan
  let settings: RunSettings
  let sessions: Sessions
  let targets: ConnectionPool
  let snapshot: SourceSnapshot
  let observer: SyncObserver

  /// Bytes of a buffer between two connections. Measured: any size from 64 KiB up is as fast; two go round per lane.
  private static let bufferBytes = 256 << 10

  /// Throws only for what concerns the whole run: a cancelled task, no connection, a lost snapshot. A chunk that
  /// fails takes its table along, which says so in the answer.
  func run() async throws -> [QualifiedName: ExtractedTable] {
    let ledger = ExtractionLedger(plan: plan, observer: observer)
    let lanes = min(settings.jobs, max(1, plan.tables.map(\.chunks.count).reduce(0, +)))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 1...lanes {
        group.addTask { try await work(lane: lane, ledger) }
      }
      try await group.waitForAll()
    }
    // Rows that were read after the owner had lost its locks may be missing silently.
    try await snapshot.checkOwner()
    return ledger.tables
  }

  private func work(lane: Int, _ ledger: ExtractionLedger) async throws {
    try await targets.lend { target in
      var source: Connection?
      do {
        while let chunk = ledger.next() {
          let reader: Connection
          if let source { reader = source } else { reader = try await open(lane: lane) }
          source = reader
          try await copy(chunk, from: reader, to: target, ledger)
          if ledger.hasFailed(chunk.table) {
            // A failed statement leaves the reader's transaction, and with it the snapshot, unusable.
            await reader.close()
            source = nil
          }
        }
        await source?.close()
      } catch {
        await source?.close()
        throw error
      }
    }
  }

  private func open(lane: Int) async throws -> Connection {
    let connection = try await Connection.open(sessions.source("source \(lane)"))
    do {
      try await connection.batch(snapshot.adopt)
      return connection
    } catch {
      await connection.close()
      throw error
    }
  }

  private func copy(
    _ chunk: Chunk, from source: Connection, to target: Connection, _ ledger: ExtractionLedger
  ) async throws {
    guard let table = plan.table(chunk.table) else { return }
    let start = ContinuousClock.now
    let observer = observer
    let copy = ChunkCopy(
      chunk: chunk, stage: table.stage, cutAfter: settings.chunkBytes, bufferBytes: Self.bufferBytes,
      progress: { rows, bytes in observer(.staged(table: table.label, rows: rows, bytes: bytes)) })
    do {
      let outcome = try await copy.run(from: source, to: target)
      ledger.add(outcome, of: chunk, since: start)
    } catch let error as CancellationError {
      throw error
    } catch {
      ledger.fail(chunk.table, SyncError(error, table: chunk.table, while: "copied to its stage"))
      guard await target.isUsable else { throw error }
    }
  }
}

/// The chunks that are still to be read, and what became of the others. Shared by the lanes.
final class ExtractionLedger: Sendable {
  private struct State {
    var queue: [Chunk]
    var open: [QualifiedName: Int]
    var tables: [QualifiedName: ExtractedTable]
    var started: [QualifiedName: ContinuousClock.Instant] = [:]
  }

  private let state: Mutex<State>
  private let labels: [QualifiedName: String]
  private let observer: SyncObserver

  init(plan: SyncPlan, observer: @escaping SyncObserver) {
    let chunks = plan.tables.flatMap(\.chunks)
    // The longest last, because the queue is taken from its end; what has no known size goes first of all.
    let queue = chunks.sorted { ($0.isCutOnTheWay ? Int.max : $0.bytes) < ($1.isCutOnTheWay ? Int.max : $1.bytes) }
    let open = Dictionary(plan.tables.map { ($0.target, $0.chunks.count) }, uniquingKeysWith: +)
    let tables = Dictionary(
      plan.tables.map { ($0.target, ExtractedTable()) }, uniquingKeysWith: { first, _ in first })
    state = Mutex(State(queue: queue, open: open, tables: tables))
    labels = Dictionary(plan.tables.map { ($0.target, $0.label) }, uniquingKeysWith: { first, _ in first })
    self.observer = observer
  }

  var tables: [QualifiedName: ExtractedTable] { state.withLock(\.tables) }

  /// The next chunk of a table that has not failed.
  func next() -> Chunk? {
    state.withLock { state in
      while let chunk = state.queue.popLast() {
        guard state.tables[chunk.table]?.failure == nil else { continue }
        if state.started[chunk.table] == nil { state.started[chunk.table] = .now }
        return chunk
      }
      return nil
    }
  }

  func hasFailed(_ table: QualifiedName) -> Bool { state.withLock { $0.tables[table]?.failure != nil } }

  func fail(_ table: QualifiedName, _ error: SyncError) {
    state.withLock { state in
      if state.tables[table]?.failure == nil { state.tables[table]?.failure = error }
    }
  }

  func add(_ outcome: ChunkCopy.Outcome, of chunk: Chunk, since start: ContinuousClock.Instant) {
    let complete: Int? = state.withLock { state in
      guard var table = state.tables[chunk.table] else { return nil }
      table.counts.read += outcome.read
      table.counts.staged += outcome.staged
      table.bytes += outcome.bytes
      table.chunks += max(1, outcome.parts)
      table.seconds = (state.started[chunk.table] ?? start).duration(to: .now).seconds
      state.tables[chunk.table] = table
      state.open[chunk.table, default: 0] -= 1
      return state.open[chunk.table] == 0 ? table.counts.staged : nil
    }
    if let complete, let label = labels[chunk.table] { observer(.stageComplete(table: label, rows: complete)) }
  }
}
