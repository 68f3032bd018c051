import CopyFormat
import Fuzzing
import Testing

@Suite struct CopyStreamScannerTests {
  @Test func `a stream in one piece gives its tuples, without header and trailer`() throws {
    let stream = Sample.stream(Sample.small)
    var scanner = CopyStreamScanner(fieldCount: 3)
    let scan = try scanner.scan(stream.span)
    #expect(scan.content == 19..<stream.count - 2)
    #expect(scan.lastTupleEnd == stream.count - 2)
    #expect(scan.tuples == 3)
    #expect(scanner.position == .afterTrailer)
    #expect(scanner.offset == stream.count)
    try scanner.finish()
  }

  @Test(arguments: [[], [9, 9, 9, 9, 9]])
  func `a stream cut at every byte scans the same`(headerExtension: [UInt8]) {
    let stream = Sample.stream(Sample.small, extension: headerExtension)
    let whole = Outcome(scanning: [stream], fieldCount: 3)
    #expect(whole == Outcome(tuples: 3, content: Sample.small.flatMap(Sample.tuple), lastTupleEnd: stream.count - 2))
    #expect(Outcome(scanning: stream.map { [$0] }, fieldCount: 3) == whole)
    for first in 0...stream.count {
      for second in first...stream.count {
        let pieces = [Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])]
        #expect(Outcome(scanning: pieces, fieldCount: 3) == whole, "cut at \(first) and \(second)")
      }
    }
  }

  @Test func `the position says where a stream can be cut`() throws {
    let stream = Sample.stream([[[5]], [nil]])
    var scanner = CopyStreamScanner(fieldCount: 1)
    var positions = [scanner.position]
    for byte in stream {
      let buffer = [byte]
      _ = try scanner.scan(buffer.span)
      positions.append(scanner.position)
    }
    let expected =
      Array(repeating: CopyPosition.withinHeader, count: 19)
      + [.betweenTuples] + Array(repeating: .withinTuple, count: 6)
      + [.betweenTuples] + Array(repeating: .withinTuple, count: 5)
      + [.betweenTuples, .withinTrailer, .afterTrailer]
    #expect(positions == expected)
  }

  @Test func `parts of a stream become streams of their own between a header and a trailer`() throws {
    let stream = Sample.stream(Sample.small)
    var scanner = CopyStreamScanner(fieldCount: 3)
    let scan = try scanner.scan(stream.span.extracting(first: 50))
    let boundary = try #require(scan.lastTupleEnd)
    let first = Outcome(scanning: [Array(stream[..<boundary]), CopyTrailer.bytes], fieldCount: 3)
    let second = Outcome(scanning: [CopyHeader.bytes, Array(stream[boundary...])], fieldCount: 3)
    #expect(first.error == nil && second.error == nil)
    #expect(first.tuples + second.tuples == 3)
    #expect(first.content + second.content == Sample.small.flatMap(Sample.tuple))
  }

  @Test func `an empty stream has no tuples`() {
    #expect(Outcome(scanning: [CopyHeader.bytes + CopyTrailer.bytes], fieldCount: 3) == Outcome())
  }

  @Test func `tuples may have no fields`() {
    let tuples = Array(repeating: [UInt8]([0, 0]), count: 5).flatMap(\.self)
    let outcome = Outcome(scanning: [CopyHeader.bytes + tuples + CopyTrailer.bytes], fieldCount: 0)
    #expect(outcome == Outcome(tuples: 5, content: tuples, lastTupleEnd: 29))
  }

  @Test func `a field may be longer than many buffers`() {
    let long = [UInt8](repeating: 0xFF, count: 10_000)
    let stream = Sample.stream([[long, [1]], [nil, long]])
    let pieces = stride(from: 0, to: stream.count, by: 64).map { Array(stream[$0..<min($0 + 64, stream.count)]) }
    #expect(Outcome(scanning: pieces, fieldCount: 2).tuples == 2)
  }

  @Test func `flags that are not critical are ignored`() {
    #expect(Outcome(scanning: [Sample.header(flags: 0xFFFF), CopyTrailer.bytes], fieldCount: 1) == Outcome())
  }

  @Test func `what does not belong is refused with its place`() {
    func error(_ stream: [UInt8]) -> CopyFormatError? { Outcome(scanning: [stream], fieldCount: 2).error }
    let header = CopyHeader.bytes
    let tuple = Sample.tuple([[1], nil])

    #expect(
      error(Array("PGCOPY\n\n".utf8)) == CopyFormatError(.signature(found: 10, expected: 0xFF), offset: 7, tuples: 0))
    #expect(error(Sample.header(flags: 1 << 16)) == CopyFormatError(.objectIdentifiers, offset: 11, tuples: 0))
    #expect(error(Sample.header(flags: 5 << 17)) == CopyFormatError(.criticalFlags(5 << 17), offset: 11, tuples: 0))
    #expect(
      error(CopyHeader.bytes.dropLast(4) + Sample.bytes(Int32(-9)))
        == CopyFormatError(.extensionLength(-9), offset: 15, tuples: 0))
    #expect(
      error(header + tuple + [0, 3]) == CopyFormatError(.fieldCount(found: 3, expected: 2), offset: 30, tuples: 1))
    #expect(
      error(header + tuple + [0, 2] + Sample.bytes(Int32(-1)) + Sample.bytes(Int32(-2)))
        == CopyFormatError(.fieldLength(-2, field: 1), offset: 36, tuples: 1))
    #expect(error(header + tuple + CopyTrailer.bytes + [0]) == CopyFormatError(.afterTrailer, offset: 32, tuples: 1))
    #expect(error(header + tuple) == CopyFormatError(.endsEarly(.betweenTuples), offset: 30, tuples: 1))
    #expect(error(header + tuple.dropLast()) == CopyFormatError(.endsEarly(.withinTuple), offset: 29, tuples: 0))
    #expect(error([]) == CopyFormatError(.endsEarly(.withinHeader), offset: 0, tuples: 0))
  }

  @Test func `bytes in a later buffer than the trailer's are refused`() {
    let pieces = [CopyHeader.bytes, CopyTrailer.bytes, [], [1]]
    #expect(
      Outcome(scanning: pieces, fieldCount: 1).error == CopyFormatError(.afterTrailer, offset: 21, tuples: 0))
  }

  @Test func `an error reads like a sentence`() {
    let error = CopyFormatError(.fieldCount(found: 3, expected: 2), offset: 30, tuples: 1)
    #expect(
      error.description
        == "binary COPY data: a row has 3 fields where 2 were expected (at byte 30, after 1 row)")
  }
}
