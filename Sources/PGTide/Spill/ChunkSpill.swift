import CopyFormat
import Postgres

/// Carries one chunk from the source to the disk: one COPY out, and one file (several, where the stream is cut on the
/// way).
struct ChunkSpill: Sendable {
  let chunk: Chunk
  let fieldCount: Int
  /// A stream without page ranges is cut after this many bytes.
  let cutAfter: Int
  let bufferBytes: Int
  let level: Int
  let directory: SpillDirectory
  let fileName: @Sendable (_ part: Int) -> String
  let budget: SpillBudget
  /// Called with rows and bytes as they were compressed.
  let progress: @Sendable (_ rows: Int, _ bytes: Int) -> Void

  /// Throws: ``SpillFull``, and what reading throws. No file stays then.
  func run(from source: Connection) async throws -> SpilledChunk {
    var files: [SpilledFile] = []
    var part = 0
    do {
      let (_, read) = try await source.copyOut(chunk.copyOut) { reader in
        var stream = Stream(
          scanner: RowStreamScanner(chunk.format, fieldCount: fieldCount), spare: CopyBuffer(capacity: bufferBytes))
        stream.next = try await reader.next(into: CopyBuffer(capacity: bufferBytes), size: bufferBytes)
        while stream.next != nil {
          part += 1
          let file = try await spillPart(&stream, reader, to: fileName(part))
          files.append(file)
        }
        try stream.scanner.finish()
      }
      let seen = files.map(\.rows).reduce(0, +)
      guard read == seen else {
        throw SyncError(
          table: chunk.table,
          message: "chunk \(chunk.number): the source sent \(read) rows, \(seen) came through",
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

  /// What is on its way to the disk.
  private struct Stream {
    var scanner: RowStreamScanner
    /// Filled and not written yet; `nil` at the end.
    var next: CopyBuffer?
    /// Free to be filled.
    var spare: CopyBuffer

    mutating func scan(_ buffer: CopyBuffer) throws(CopyFormatError) {
      try buffer.withPieces { piece throws(CopyFormatError) in try scanner.scan(piece) }
    }
  }

  /// Two buffers go round: while one is being compressed and written, the other is being filled.
  private func spillPart(_ stream: inout Stream, _ reader: CopyOutReader, to name: String) async throws -> SpilledFile {
    let writer = try SpillWriter(creating: name, in: directory.path, level: level, budget: budget)
    let rowsBefore = stream.scanner.rows
    if rowsBefore > 0 { try await writer.write(CopyBuffer(chunk.format.head)) }
    var written = 0
    while let buffer = stream.next {
      let before = stream.scanner.rows
      try stream.scan(buffer)
      let count = buffer.count
      let spare = stream.spare
      if buffer.isWide {
        // One wide row at a time, so that memory does not hold two.
        try await writer.write(buffer)
        buffer.clear()
        stream.next = try await reader.next(into: spare, size: bufferBytes)
      } else {
        async let following = reader.next(into: spare, size: bufferBytes)
        try await writer.write(buffer)
        stream.next = try await following
      }
      written += count
      progress(stream.scanner.rows - before, count)
      stream.spare = buffer
      if chunk.isCutOnTheWay, written >= cutAfter, stream.next != nil, stream.scanner.isBetweenRows {
        try await writer.write(CopyBuffer(chunk.format.tail))
        break
      }
    }
    return try await writer.finish(rows: stream.scanner.rows - rowsBefore)
  }
}
