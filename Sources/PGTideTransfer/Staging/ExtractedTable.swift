import Postgres

/// What became of one table's chunks.
package struct ExtractedTable: Sendable {
  package var counts = RowCounts()
  package var bytes = 0
  /// COPYs into the stage.
  package var chunks = 0
  /// From the first chunk's start to the last one's end.
  package var seconds = 0.0
  package var started: ContinuousClock.Instant?
  package var openChunks: Int
  /// Rows that must come, where a digest has counted them.
  package var announced: Int?
  /// The buckets whose rows were read.
  package var read = BucketChoice.all
  /// Rows of ours on the target, where a digest has counted them.
  package var standing: Int?
  package var failure: SyncError?
  /// Its rows went straight to the target; nothing of it is in the stage.
  package var isLoadedDirectly = false

  package init(openChunks: Int) { self.openChunks = openChunks }

  /// Adds a chunk that was copied.
  package mutating func take(_ outcome: ChunkCopy.Outcome) {
    counts.read += outcome.read
    counts.staged += outcome.staged
    bytes += outcome.bytes
    chunks += max(1, outcome.parts)
  }

  /// Adds rows that were read as arrays.
  package mutating func take(_ rows: RowArrays) {
    counts.read += rows.rows
    counts.staged += rows.rows
    bytes += rows.bytes
  }

  /// What is wrong with the rows that came, when all have.
  package var mismatch: SyncError? {
    guard let announced, announced != counts.read - counts.matched else { return nil }
    return SyncError(
      message:
        "the digest counted \(CountedWords.rows(announced, "that has", "that have")) to be read, but \(counts.read - counts.matched) came",
      advice: "Nothing was written. Report this, and run again with --digest never, which reads all rows")
  }
}
