import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ChunkerTests {
  private let table = QualifiedName("public", "t")
  private let columns = [
    StagedColumn(name: Identifier("id"), select: "src.\"id\"", type: "integer", collation: nil),
    StagedColumn(name: Identifier("Note"), select: "(src.a || 'x')", type: "text", collation: nil),
  ]

  private func chunks(
    bytes: Int, rows: Int? = nil, filter: SQL? = nil, format: RowFormat = .binary, _ pieces: SourcePlan.Piece...
  ) -> [Chunk] {
    let source = SourcePlan(
      origin: .relation(table), kind: .table, filter: filter, pieces: pieces, estimatedRows: nil, bytes: 0,
      partitions: [],
      oneStreamBecause: nil)
    return Chunker(chunkBytes: bytes, chunkRows: rows, blockSize: 8192).chunks(
      of: source, columns: columns, format: format, table: table)
  }

  private func heap(_ pages: Int?, rows: Int? = nil) -> SourcePlan.Piece {
    SourcePlan.Piece(from: "\(table) AS src", pages: pages, rows: rows)
  }

  /// The page ranges as they stand in the statements: from, and up to but without.
  private func ranges(_ chunks: [Chunk]) -> [(from: Int, to: Int?)] {
    chunks.compactMap { chunk in
      let numbers = chunk.copyOut.text.split(separator: "'(").dropFirst().map { Int($0.prefix { $0 != "," }) }
      guard let from = numbers.first ?? nil else { return nil }
      return (from, numbers.count > 1 ? numbers[1] : nil)
    }
  }

  @Test func `a small table is one chunk without a range`() {
    let chunks = chunks(bytes: 10 * 8192, heap(10))
    #expect(chunks.count == 1)
    #expect(
      chunks[0].copyOut.text == """
        COPY (SELECT src."id" AS "id", (src.a || 'x') AS "Note"
        FROM "public"."t" AS src) TO STDOUT (FORMAT binary)
        """)
    #expect(chunks[0].bytes == 81920)
    #expect(!chunks[0].isCutOnTheWay)
  }

  @Test func `a chunk's statement asks for the format in which its rows travel`() {
    let chunks = chunks(bytes: 8192, format: .text, heap(2))
    #expect(chunks.map(\.format) == [.text, .text])
    #expect(chunks.allSatisfy { $0.copyOut.text.hasSuffix("TO STDOUT (FORMAT text)") })
  }

  @Test func `an empty table is one chunk`() {
    #expect(chunks(bytes: 8192, heap(0)).count == 1)
  }

  @Test func `what has no pages is one stream, cut on the way`() {
    let chunks = chunks(bytes: 8192, heap(nil))
    #expect(chunks.map(\.isCutOnTheWay) == [true])
    #expect(ranges(chunks).isEmpty)
  }

  @Test(arguments: [2, 3, 7, 10, 99, 1000], [1, 2, 3, 50])
  func `the ranges meet, begin at page 0, and the last has no end`(pages: Int, perChunk: Int) {
    let chunks = chunks(bytes: perChunk * 8192, heap(pages))
    let ranges = ranges(chunks)
    guard pages > perChunk else {
      #expect(ranges.isEmpty)
      return
    }
    #expect(ranges.count == (pages + perChunk - 1) / perChunk)
    #expect(ranges.first?.from == 0)
    for (range, next) in zip(ranges, ranges.dropFirst()) { #expect(range.to == next.from) }
    #expect(ranges.last.map { $0.to == nil } == true)
    #expect(chunks.map(\.bytes).reduce(0, +) == pages * 8192)
    #expect(chunks.allSatisfy { $0.bytes <= perChunk * 8192 })
    #expect(chunks.map(\.number) == Array(1...chunks.count))
  }

  @Test func `a wish for rows cuts finer, by the estimate of rows`() {
    #expect(chunks(bytes: 100 * 8192, rows: 50, heap(100, rows: 1000)).count == 20)
    #expect(chunks(bytes: 2 * 8192, rows: 500, heap(100, rows: 1000)).count == 50)
    #expect(chunks(bytes: 100 * 8192, rows: 50, heap(100)).count == 1)
    #expect(chunks(bytes: 100 * 8192, rows: 1, heap(3, rows: 1000)).count == 3)
    #expect(chunks(bytes: 100 * 8192, rows: .max, heap(100, rows: 1000)).count == 1)
    #expect(chunks(bytes: 100 * 8192, rows: 50, heap(100, rows: 0)).count == 1)
  }

  @Test func `a chunk smaller than a page is a page`() {
    #expect(chunks(bytes: 1, heap(4)).count == 4)
  }

  @Test func `the filter stands in parentheses beside the range`() {
    let chunks = chunks(bytes: 8192, filter: "a OR b", heap(2))
    let from = "src.ctid OPERATOR(pg_catalog.>=)"
    let to = "src.ctid OPERATOR(pg_catalog.<)"
    #expect(
      chunks[0].copyOut.text.contains(
        "WHERE \(from) '(0,0)'::pg_catalog.tid AND \(to) '(1,0)'::pg_catalog.tid AND (a OR b))"))
    #expect(chunks[1].copyOut.text.contains("WHERE \(from) '(1,0)'::pg_catalog.tid AND (a OR b))"))
  }

  @Test func `each leaf of a partitioned table is cut for itself`() {
    let first = SourcePlan.Piece(from: "ONLY \"public\".\"p1\" AS src", pages: 3, rows: nil)
    let second = SourcePlan.Piece(from: "ONLY \"public\".\"p2\" AS src", pages: 1, rows: nil)
    let chunks = chunks(bytes: 2 * 8192, first, second)
    #expect(chunks.map { $0.copyOut.text.contains("\"p1\"") } == [true, true, false])
    #expect(chunks.map(\.number) == [1, 2, 3])
  }
}
