import Postgres

/// Where a chunk's COPY stream comes from: a connection to the source, or a file of the spill.
package protocol ChunkReader: Sendable {
  /// Fills `buffer` with the stream's next bytes, about `size` of them, and returns it; `nil` at the end.
  func next(into buffer: CopyBuffer, size: Int) async throws -> CopyBuffer?
}

extension CopyOutReader: ChunkReader {}
