import CopyFormat
import Postgres

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
