import Postgres

/// Carries one chunk from the source to the disk: one COPY out, and one file (several, where the stream is cut on the
/// way).
package struct ChunkSpill: Sendable {
  package let chunk: Chunk
  package let fieldCount: Int
  /// A stream without page ranges is cut after this many bytes.
  package let cutAfter: Int
  package let bufferBytes: Int
  package let directory: SpillDirectory
  package let fileName: @Sendable (_ part: Int) -> String
  package let budget: SpillBudget
  /// Called with rows and bytes as they were compressed.
  package let progress: @Sendable (_ rows: Int, _ bytes: Int) -> Void

  /// Throws: ``SpillFull``, and what reading throws. No file stays then.
  package func run(from source: Connection) async throws -> SpilledChunk {
    var files: [SpilledFile] = []
    var part = 0
    do {
      let (_, read) = try await source.copyOut(chunk.copyOut) { reader in
        try await ReadAhead.run(reader, bufferBytes: bufferBytes) { ahead in
          var stream = try await ChunkStream(
            chunk, fieldCount: fieldCount, cutAfter: cutAfter, from: ahead, progress: progress)
          while !stream.isAtEnd {
            part += 1
            files.append(try await spillPart(&stream, to: fileName(part)))
          }
          try stream.finish()
        }
      }
      let seen = files.map(\.rows).reduce(0, +)
      guard read == seen else {
        throw SyncError(
          table: chunk.table,
          message: "chunk \(chunk.number): the source sent \(CountedWords.rows(read)), \(seen) came through",
          advice: "Rows were lost or added on the way; report this")
      }
      return SpilledChunk(
        table: chunk.table, number: chunk.number, format: chunk.format, isCutOnTheWay: chunk.isCutOnTheWay, files: files
      )
    } catch {
      budget.giveBack(directory.remove((1...max(1, part)).map(fileName)))
      throw error
    }
  }

  private func spillPart(_ stream: inout ChunkStream, to name: String) async throws -> SpilledFile {
    let writer = try SpillWriter(creating: name, in: directory.path, budget: budget)
    let rowsBefore = stream.rows
    try await stream.writePart(to: writer)
    return try await writer.finish(rows: stream.rows - rowsBefore)
  }
}
