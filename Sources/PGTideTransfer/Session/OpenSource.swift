import Postgres

/// The source while it is held: its snapshot, and the connections that read in it.
package actor OpenSource {
  private let snapshot: SourceSnapshot
  private nonisolated let readers: ConnectionPool
  /// The snapshot has ended, and with it the locks.
  package private(set) var isReleased = false

  package init(snapshot: SourceSnapshot, readers: ConnectionPool) {
    self.snapshot = snapshot
    self.readers = readers
  }

  package nonisolated func lend<R: Sendable>(_ body: @Sendable (Connection) async throws -> R) async throws -> R {
    try await readers.lend(body)
  }

  /// Opens so many connections at once, before they are needed, or as many as the source gives.
  package nonisolated func open(_ workers: Int) async throws -> ConnectionPool.Opened {
    try await readers.open(workers)
  }

  /// Closes those that are not needed.
  package nonisolated func shrink(to workers: Int) async { await readers.shrink(to: workers) }

  /// Makes sure that the snapshot's owner has held its locks all the time, as long as that matters.
  package func checkOwner() async throws {
    if !isReleased { try await snapshot.checkOwner() }
  }

  /// Ends the snapshot: the source's old row versions may go from here on. Returns whether it was held until now.
  package func release() async -> Bool {
    guard !isReleased else { return false }
    isReleased = true
    await readers.close()
    await snapshot.owner.rollBack()
    return true
  }
}
