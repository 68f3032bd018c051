import CopyFormat
import Postgres

/// A chunk that lies on the disk, with all that tells whether it still is what was written.
struct SpilledChunk: Sendable, Codable {
  let table: QualifiedName
  let number: Int
  let format: RowFormat
  /// Its source has no pages, so that its stream was cut into several files.
  let isCutOnTheWay: Bool
  /// In the order in which they were read. Each is a COPY stream of its own.
  let files: [SpilledFile]

  var rows: Int { files.map(\.rows).reduce(0, +) }
  var bytes: Int { files.map(\.bytes).reduce(0, +) }
  var compressedBytes: Int { files.map(\.compressedBytes).reduce(0, +) }

  var id: ChunkID { ChunkID(table: table, number: number) }

  /// The work of bringing it to its stage.
  var chunk: Chunk {
    Chunk(table: table, number: number, query: "", format: format, bytes: bytes, isCutOnTheWay: isCutOnTheWay)
  }
}

/// One LZ4 frame on the disk.
struct SpilledFile: Sendable, Codable, Equatable {
  /// Within the spill's directory.
  let name: String
  let rows: Int
  /// Of the COPY stream in it.
  let bytes: Int
  /// Of the file itself.
  let compressedBytes: Int
  /// The frame's checksum of its content (XXH32), as it stands in its last four bytes.
  let checksum: String
}

/// Which chunk it is.
struct ChunkID: Sendable, Hashable {
  let table: QualifiedName
  let number: Int
}

extension Chunk {
  var id: ChunkID { ChunkID(table: table, number: number) }
}

/// A file of the spill is not what was written.
struct SpillDamage: Error, CustomStringConvertible {
  let path: String
  let what: String

  var description: String { "the spill's file \(path) is damaged: \(what)" }
}

extension SpilledFile {
  /// Runs `body`, which reads this file, and says of what is wrong with its content whose content that is.
  func explainingDamage<R>(
    in directory: SpillDirectory, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async throws -> R {
    do {
      return try await body()
    } catch let error as CopyFormatError {
      throw SpillDamage(path: "\(directory.path)/\(name)", what: "\(error)")
    }
  }
}
