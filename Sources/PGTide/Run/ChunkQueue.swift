import Postgres

/// Chunks that are still to be read, the most urgent first.
struct ChunkQueue {
  private let urgency: @Sendable (QualifiedName) -> Int
  /// Taken from the end.
  private var chunks: [Chunk]
  private var counts: [QualifiedName: Int] = [:]
  /// Tables of which no chunk is to be read any more; those that are met are passed over.
  private var dropped: Set<QualifiedName> = []

  init(_ chunks: [Chunk], urgency: @escaping @Sendable (QualifiedName) -> Int) {
    self.urgency = urgency
    self.chunks = []
    add(chunks)
  }

  mutating func add(_ more: [Chunk]) {
    guard !more.isEmpty else { return }
    for chunk in more { counts[chunk.table, default: 0] += 1 }
    let all = (chunks + more).filter { !dropped.contains($0.table) }
      .map { (urgency: urgency($0.table), chunk: $0) }
      .sorted { left, right in
        (left.urgency, left.chunk.bytes, right.chunk.number) < (right.urgency, right.chunk.bytes, left.chunk.number)
      }
    chunks = all.map(\.chunk)
  }

  /// How urgent the next chunk's table is; `nil` if none is left.
  var nextUrgency: Int? {
    mutating get {
      while let last = chunks.last, dropped.contains(last.table) { chunks.removeLast() }
      return chunks.last.map { urgency($0.table) }
    }
  }

  mutating func take() -> Chunk? {
    guard nextUrgency != nil, let chunk = chunks.popLast() else { return nil }
    counts[chunk.table, default: 0] -= 1
    return chunk
  }

  /// Leaves out what is left of a table. Returns how many chunks that is.
  @discardableResult
  mutating func drop(_ table: QualifiedName) -> Int {
    dropped.insert(table)
    return counts.removeValue(forKey: table) ?? 0
  }
}
