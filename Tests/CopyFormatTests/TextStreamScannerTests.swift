import CopyFormat
import Testing

@Suite struct TextStreamScannerTests {
  /// Rows as a server sends them, with a NULL, an escaped line feed, a backslash at a value's end and an empty row.
  private static let stream = Array("1\ta\\nb\n2\t\\N\n3\tends with \\\\\n\n4\t\u{E9}\u{8A}\n".utf8)

  @Test func `a stream in one piece gives its rows`() throws {
    var scanner = TextStreamScanner()
    #expect(scanner.scan(Self.stream.span) == .init(lastRowEnd: Self.stream.count, rows: 5))
    #expect(scanner.rows == 5)
    #expect(scanner.offset == Self.stream.count)
    #expect(scanner.isBetweenRows)
    try scanner.finish()
  }

  @Test func `a stream cut at every byte scans the same`() throws {
    let stream = Self.stream + Array("a\\\\\\\n\\\\\\\\\nb\n".utf8)
    for first in 0...stream.count {
      for second in first...stream.count {
        var scanner = TextStreamScanner()
        var rows = 0
        for piece in [stream[..<first], stream[first..<second], stream[second...]] {
          rows += scanner.scan(Array(piece).span).rows
        }
        #expect(rows == 7 && scanner.rows == 7 && scanner.isBetweenRows, "cut at \(first) and \(second)")
      }
    }
  }

  @Test(
    arguments: [("a\n", 1), ("a\\\nb\n", 1), ("a\\\\\nb\n", 2), ("a\\\\\\\nb\n", 1), ("\n\n\n", 3), ("\\\n\\\n\n", 1)])
  func `a line feed behind a backslash belongs to the value, unless the backslash is escaped itself`(
    stream: String, rows: Int
  ) {
    var scanner = TextStreamScanner()
    #expect(scanner.scan(Array(stream.utf8).span).rows == rows)
  }

  @Test func `the last row's end says where a stream can be cut`() {
    var scanner = TextStreamScanner()
    #expect(scanner.isBetweenRows)
    #expect(scanner.scan(Array("one\ntwo\nthr".utf8).span) == .init(lastRowEnd: 8, rows: 2))
    #expect(!scanner.isBetweenRows)
    #expect(scanner.scan(Array("ee".utf8).span) == .init(lastRowEnd: nil, rows: 0))
    #expect(!scanner.isBetweenRows)
    #expect(scanner.scan(Array("\n".utf8).span) == .init(lastRowEnd: 1, rows: 1))
    #expect(scanner.isBetweenRows)
  }

  @Test func `an empty buffer changes nothing`() {
    for start in ["", "a\n", "a", "a\\"] {
      var scanner = TextStreamScanner()
      _ = scanner.scan(Array(start.utf8).span)
      let before = scanner
      #expect(scanner.scan([UInt8]().span) == .init(lastRowEnd: nil, rows: 0))
      #expect(scanner == before)
    }
  }

  @Test func `no byte is taken for a line feed but a line feed`() {
    for byte in UInt8.min...UInt8.max where byte != 0x0A && byte != 0x5C {
      for place in 0..<9 {
        var bytes = [UInt8](repeating: 0x61, count: 9)
        bytes[place] = byte
        var scanner = TextStreamScanner()
        #expect(scanner.scan((bytes + [0x0A]).span).rows == 1)
      }
    }
  }

  @Test func `a stream that ends within a row is refused`() {
    var scanner = TextStreamScanner()
    _ = scanner.scan(Array("one\ntwo".utf8).span)
    #expect(throws: TextFormatError(offset: 7, rows: 1)) { try scanner.finish() }
    #expect(
      TextFormatError(offset: 7, rows: 1).description
        == "text COPY data: it ends within a row (at byte 7, after 1 row)")
  }
}
