import Postgres

/// The chunks that are read to the disk, and how far each is. Shared by the workers.
package actor SpillQueue {
  package enum State: Sendable {
    case unread
    /// A worker is at it.
    case reading
    case spilled(SpilledChunk)
    /// It is not on the disk, and goes to the target directly.
    case direct
    case failed(any Error)
  }

  /// Taken from the end.
  private var unread: [Chunk]
  private var states: [ChunkID: State]
  private var open: Int
  /// A file turned out not to be what was written.
  package private(set) var isDamaged = false
  /// Go to the target directly, and have not come there yet.
  private var onTheWay: Set<ChunkID> = []
  private var waiting: [ChunkID: [CheckedContinuation<Void, Never>]] = [:]

  /// All chunks of a plan are to be read: the largest first, so that no worker is left with a large one at the end.
  package init(reading plan: SyncPlan) {
    let chunks = plan.tables.flatMap(\.chunks)
    unread = chunks.sorted { ($0.bytes, $1.number) < ($1.bytes, $0.number) }
    states = Dictionary(chunks.map { ($0.id, .unread) }, uniquingKeysWith: { first, _ in first })
    open = states.count
  }

  /// All of them lie on the disk.
  package init(complete manifest: SpillManifest) {
    unread = []
    states = Dictionary(manifest.chunks.map { ($0.id, .spilled($0)) }, uniquingKeysWith: { first, _ in first })
    open = 0
  }

  /// Nothing of these tables is to be read.
  package func leaveOut(_ tables: Set<QualifiedName>) {
    for chunk in unread where tables.contains(chunk.table) {
      states[chunk.id] = nil
      open -= 1
    }
    unread.removeAll { tables.contains($0.table) }
  }

  /// The next chunk to read; `nil` when every one is read or being read.
  package func take() -> Chunk? {
    guard let chunk = unread.popLast() else { return nil }
    states[chunk.id] = .reading
    return chunk
  }

  /// What became of a chunk that was taken. Returns whether it was the last.
  package func finish(_ chunk: Chunk, _ state: State) -> Bool {
    states[chunk.id] = state
    open -= 1
    if case .direct = state { onTheWay.insert(chunk.id) }
    for continuation in waiting.removeValue(forKey: chunk.id) ?? [] { continuation.resume() }
    return open == 0
  }

  /// A chunk that goes directly has come there, or never will.
  package func endDirect(_ chunk: Chunk) { onTheWay.remove(chunk.id) }

  /// Nothing is left that has to be read from the source.
  package var isSourceDone: Bool { open == 0 && onTheWay.isEmpty }

  // MARK: - Chunks on the disk

  /// What became of a chunk; waits while a worker reads it, which a cancelled run ends.
  package func outcome(of chunk: Chunk) async -> State {
    while case .reading? = states[chunk.id] {
      await withCheckedContinuation { waiting[chunk.id, default: []].append($0) }
    }
    return states[chunk.id] ?? .direct
  }

  package func noteDamage() { isDamaged = true }

  /// All that lies on the disk.
  package var spilled: [SpilledChunk] {
    states.values.compactMap { if case .spilled(let chunk) = $0 { chunk } else { nil } }
      .sorted { ($0.table, $0.number) < ($1.table, $1.number) }
  }

  package var directCount: Int { states.values.count { if case .direct = $0 { true } else { false } } }
}
