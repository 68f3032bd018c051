import CopyFormat
import Postgres

/// A chunk that lies on the disk, with all that tells whether it still is what was written.
package struct SpilledChunk: Sendable, Codable {
  package let table: QualifiedName
  package let number: Int
  package let format: RowFormat
  /// Its source has no pages, so that its stream was cut into several files.
  package let isCutOnTheWay: Bool
  /// In the order in which they were read. Each is a COPY stream of its own.
  package let files: [SpilledFile]

  package var rows: Int { files.map(\.rows).reduce(0, +) }
  package var bytes: Int { files.map(\.bytes).reduce(0, +) }
  package var compressedBytes: Int { files.map(\.compressedBytes).reduce(0, +) }

  package var id: ChunkID { ChunkID(table: table, number: number) }

  /// The work of bringing it to its stage.
  package var chunk: Chunk {
    Chunk(table: table, number: number, query: "", format: format, bytes: bytes, isCutOnTheWay: isCutOnTheWay)
  }
}

extension Chunk {
  package var id: ChunkID { ChunkID(table: table, number: number) }
}
