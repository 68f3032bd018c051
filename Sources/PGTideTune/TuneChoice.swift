import PGTide

/// The settings that decide how fast rows get to their stages, as one trial has them.
public struct TuneChoice: Sendable, Hashable, Codable {
  public var jobs: Int
  public var chunkBytes: Int
  public var bufferBytes: Int
  public var copyFormat: RowFormat

  public init(jobs: Int, chunkBytes: Int, bufferBytes: Int, copyFormat: RowFormat) {
    self.jobs = jobs
    self.chunkBytes = chunkBytes
    self.bufferBytes = bufferBytes
    self.copyFormat = copyFormat
  }

  init(_ settings: RunSettings) {
    self.init(
      jobs: settings.jobs, chunkBytes: settings.chunkBytes, bufferBytes: settings.bufferBytes,
      copyFormat: settings.copyFormat)
  }

  /// In how many of the four it differs.
  func differences(from other: TuneChoice) -> Int {
    [
      jobs != other.jobs, chunkBytes != other.chunkBytes, bufferBytes != other.bufferBytes,
      copyFormat != other.copyFormat,
    ].count(where: \.self)
  }
}

extension TuneChoice {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case jobs
    case chunkBytes = "chunk_bytes"
    case bufferBytes = "buffer_bytes"
    case copyFormat = "copy_format"
  }
}
