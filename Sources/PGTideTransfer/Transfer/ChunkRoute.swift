import Postgres

/// How chunks come to their stages: straight from the source, or by a detour.
package protocol ChunkRoute: Sendable {
  /// Rows need not go through a stage, nor all of them, nor whole.
  var isStraight: Bool { get }

  /// Gets a chunk ready to be carried, which takes no other attempt when it fails.
  func prepare(_ chunk: Chunk) async throws

  /// One attempt at a chunk.
  func carry(_ copy: ChunkCopy, of table: TablePlan, to targets: ConnectionPool) async throws -> ChunkCopy.Outcome

  /// A chunk has come to its stage, or never will.
  func end(_ chunk: Chunk) async throws
}

extension OpenSource: ChunkRoute {
  package nonisolated var isStraight: Bool { true }

  package nonisolated func prepare(_ chunk: Chunk) {}

  package nonisolated func carry(
    _ copy: ChunkCopy, of table: TablePlan, to targets: ConnectionPool
  ) async throws -> ChunkCopy.Outcome { try await copy.run(from: self, to: targets) }

  package nonisolated func end(_ chunk: Chunk) {}
}
