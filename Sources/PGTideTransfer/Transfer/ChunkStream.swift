import CopyFormat
import Postgres

extension CopyInWriter: ChunkWriter {}

/// A chunk's rows on their way from its reader to one writer, or to one after the other where the stream is cut on the
/// way.
package struct ChunkStream: Sendable {
  private let chunk: Chunk
  /// A stream without page ranges is cut after this many bytes.
  private let cutAfter: Int
  /// `nil`: every row goes on.
  package private(set) var filter: (any RowFilter)?
  /// Called with rows and bytes as they have been written.
  private let progress: @Sendable (_ rows: Int, _ bytes: Int) -> Void
  private let ahead: ReadAhead
  private var scanner: RowStreamScanner
  /// Read and not written yet; `nil` at the end.
  private var next: CopyBuffer?

  package init(
    _ chunk: Chunk, fieldCount: Int, cutAfter: Int, filter: (any RowFilter)? = nil, from ahead: ReadAhead,
    progress: @escaping @Sendable (_ rows: Int, _ bytes: Int) -> Void
  ) async throws {
    self.chunk = chunk
    self.cutAfter = cutAfter
    self.filter = filter
    self.progress = progress
    self.ahead = ahead
    scanner = RowStreamScanner(chunk.format, fieldCount: fieldCount)
    next = try await ahead.next()
  }

  package var isAtEnd: Bool { next == nil }

  /// Rows that came through.
  package var rows: Int { scanner.rows }

  package var bytes: Int { scanner.bytes }

  /// Rows that have been written.
  package var sent: Int { scanner.rows - (filter?.withheld ?? 0) }

  /// Writes the rest of the stream, or a part of it that is a stream of its own.
  package mutating func writePart(to writer: some ChunkWriter) async throws {
    if scanner.rows > 0 { try await writer.write(CopyBuffer(chunk.format.head)) }
    var written = 0
    while let buffer = next {
      let before = scanner.rows
      try buffer.withPieces { piece throws(CopyFormatError) in try scanner.scan(piece) }
      let count = buffer.count
      try await writer.write(filter?.filter(buffer) ?? buffer)
      written += count
      progress(scanner.rows - before, count)
      ahead.giveBack(buffer)
      next = try await ahead.next()
      if chunk.isCutOnTheWay, written >= cutAfter, next != nil, scanner.isBetweenRows {
        try await writer.write(CopyBuffer(chunk.format.tail))
        break
      }
    }
  }

  /// The same where the stream has to cross into a closure and back.
  package func writingPart(to writer: some ChunkWriter) async throws -> ChunkStream {
    var rest = self
    try await rest.writePart(to: writer)
    return rest
  }

  /// Call it at the end. Throws: ``CopyFormatError`` when the stream breaks off.
  package func finish() throws { try scanner.finish() }
}
