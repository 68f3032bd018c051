import CopyFormat
import Postgres

/// Where a chunk's stream goes: a COPY into the target, or a file of the spill.
package protocol ChunkWriter: Sendable {
  /// Writes the buffer's bytes. The buffer is free for other use when this returns.
  func write(_ buffer: CopyBuffer) async throws
}
