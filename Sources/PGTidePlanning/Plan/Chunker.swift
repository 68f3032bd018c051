import PostgresValues

/// Cuts a source into chunks of about equal size.
package struct Chunker: Sendable {
  package let chunkBytes: Int
  package let chunkRows: Int?
  package let blockSize: Int

  private static let timesLooked = 4

  package init(chunkBytes: Int, chunkRows: Int?, blockSize: Int) {
    self.chunkBytes = chunkBytes
    self.chunkRows = chunkRows
    self.blockSize = blockSize
  }

  /// One chunk for what has no pages; page ranges otherwise, of which the last has no end: rows may have moved behind
  /// the last page that the plan saw.
  ///
  /// - Parameter only: a condition on the rows to read, beside the source's own.
  package func chunks(
    of source: SourcePlan, columns: [StagedColumn], format: RowFormat, table: QualifiedName, only: SQL? = nil
  ) -> [Chunk] {
    let select = columns.map { "\($0.select) AS \($0.name)" as SQL }.joined(separator: ", ")
    let pins = columns.pins(in: format) + source.lookups.pins
    var chunks: [Chunk] = []
    for piece in source.pieces {
      for range in ranges(piece, of: source) {
        let conditions = [range.condition, source.filter.map { "(\($0))" as SQL }, only].compactMap(\.self)
        let filter: SQL = conditions.isEmpty ? "" : "\nWHERE \(conditions.joined(separator: " AND "))"
        chunks.append(
          Chunk(
            table: table, number: chunks.count + 1,
            query: "SELECT \(select)\nFROM \(source.from(piece))\(filter)", format: format,
            bytes: range.pages * blockSize, isCutOnTheWay: piece.pages == nil, pins: pins))
      }
    }
    return chunks
  }

  private struct PageRange {
    var pages: Int
    var condition: SQL?
  }

  private func ranges(_ piece: SourcePlan.Piece, of source: SourcePlan) -> [PageRange] {
    guard let pages = piece.pages else { return [PageRange(pages: 0)] }
    let count = max(1, (pages + pagesPerChunk(piece, of: source) - 1) / pagesPerChunk(piece, of: source))
    guard count > 1 else { return [PageRange(pages: pages)] }
    return (0..<count).map { index in
      let first = pages * index / count
      let end = pages * (index + 1) / count
      let from: SQL = "src.ctid OPERATOR(pg_catalog.>=) '(\(first),0)'::pg_catalog.tid"
      let to: SQL = "src.ctid OPERATOR(pg_catalog.<) '(\(end),0)'::pg_catalog.tid"
      let condition: SQL = index == count - 1 ? from : "\(from) AND \(to)"
      return PageRange(pages: end - first, condition: condition)
    }
  }

  /// Every chunk reads the tables that are looked into, whole. So that this costs little beside its own rows, a chunk is
  /// some times as large as they are.
  private func pagesPerChunk(_ piece: SourcePlan.Piece, of source: SourcePlan) -> Int {
    let looked = source.lookups.map { $0.bytes / blockSize }.reduce(0, +)
    var pages = max(1, chunkBytes / blockSize, Self.timesLooked * looked)
    // A chunk that may hold all rows needs no cut, and no product of two numbers that have no bound.
    if let chunkRows, let rows = piece.rows, let all = piece.pages, chunkRows < rows {
      pages = min(pages, max(1, all * chunkRows / rows))
    }
    return pages
  }
}
