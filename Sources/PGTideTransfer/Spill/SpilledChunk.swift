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

/// One LZ4 frame on the disk.
package struct SpilledFile: Sendable, Codable, Equatable {
  /// Within the spill's directory.
  package let name: String
  package let rows: Int
  /// Of the COPY stream in it.
  package let bytes: Int
  /// Of the file itself.
  package let compressedBytes: Int
  /// The frame's checksum of its content (XXH32), as it stands in its last four bytes.
  package let checksum: String
}

/// Which chunk it is.
package struct ChunkID: Sendable, Hashable {
  package let table: QualifiedName
  package let number: Int
}

extension Chunk {
  package var id: ChunkID { ChunkID(table: table, number: number) }
}

/// A file of the spill is not what was written.
package struct SpillDamage: Error, CustomStringConvertible {
  package let path: String
  package let what: String

  package var description: String { "the spill's file \(path) is damaged: \(what)" }
}

extension SpilledFile {
  /// Runs `body`, which reads this file, and says of what is wrong with its content whose content that is.
  package func explainingDamage<R>(
    in directory: SpillDirectory, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async throws -> R {
    do {
      return try await body()
    } catch let error as CopyFormatError {
      throw SpillDamage(path: "\(directory.path)/\(name)", what: "\(error)")
    }
  }
}
