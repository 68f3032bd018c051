/// What of a run went over the disk.
public struct SpillReport: Sendable, Codable {
  public var directory: String
  /// Chunks that were loaded from the disk, or would have been.
  public var chunks: Int
  /// Chunks that went to the target directly.
  public var directChunks: Int
  /// Why there was no room for them.
  public var directBecause: String?
  public var rows: Int
  /// Of the COPY streams, and of the files that hold them.
  public var bytes: Int
  public var compressedBytes: Int
  /// The run whose spill was taken up again.
  public var resumedRun: String?
  /// The files are still there, for `--resume`.
  public var isKept = false

  /// What the user should know of it.
  package var notices: [String] {
    var notices: [String] = []
    let all = chunks + directChunks
    if let directBecause {
      notices.append(
        directChunks > 0
          ? "\(directChunks) of \(all) chunks went to the target directly: \(directBecause)"
          : "what is on the disk could not be kept for --resume: \(directBecause)")
    }
    if let kept { notices.append(kept) }
    return notices
  }

  /// How the files are used; `nil` where they are gone.
  package var kept: String? {
    isKept ? "all rows of the source are kept in \(directory): run again with --resume to load them from there" : nil
  }
}

extension SpillReport {
  /// The keys of the JSON: docs/reference/report.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case directory, chunks
    case directChunks = "direct_chunks"
    case directBecause = "direct_because"
    case rows, bytes
    case compressedBytes = "compressed_bytes"
    case resumedRun = "resumed_run"
    case isKept = "is_kept"
  }
}
