import CopyFormat

/// The scanner of text COPY streams: it agrees with a parser that goes byte by byte, wherever the stream is cut into
/// buffers, and reads nothing behind a buffer's end.
///
/// An input is 8 bytes from which the cuts follow, and the stream.
package struct TextSubject: FuzzSubject {
  package static let name = "text"

  private let memory = GuardedMemory(capacity: 1 << 20)
  private static let prefix = 8

  package init() {}

  /// Mostly backslashes and line feeds, in runs and alone, and bytes that differ from a line feed by one bit or by one.
  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    var stream: [UInt8] = []
    for _ in 0..<random.below(30) {
      switch random.below(5) {
      case 0: stream.append(0x0A)
      case 1: stream += [UInt8](repeating: 0x5C, count: 1 + random.below(random.chance(5) ? 20 : 3))
      case 2:
        stream += (0..<random.below(12)).map { _ in random.pick([0x09, 0x0B, 0x8A, 0x08, 0x0E, 0x00, 0xFF, 0x5D]) }
      case 3: stream += [UInt8](repeating: 0x61, count: random.below(20))
      default: stream += (0..<random.below(9)).map { _ in random.byte() }
      }
    }
    if random.chance(2) { stream.append(0x0A) }
    return (0..<Self.prefix).map { _ in random.byte() } + stream
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    guard input.count >= Self.prefix else { return }
    var random = SeededGenerator(seed: input[..<Self.prefix].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    let stream = Array(input[Self.prefix...])
    let model = TextOutcome(reading: stream)
    for pieces in Mutation.cuts(of: stream, using: &random) {
      let outcome = TextOutcome(scanning: pieces, in: memory)
      guard outcome == model else {
        throw FuzzFinding("pieces of \(pieces.map(\.count)) bytes: \(outcome); expected \(model)")
      }
    }
  }
}

/// What scanning a whole text stream, in one piece or many, comes to.
package struct TextOutcome: Equatable {
  package var rows = 0
  /// Where in the stream the last row ends.
  package var lastRowEnd: Int?
  package var error: TextFormatError?

  /// Scans `pieces` one after the other, each with nothing readable behind its last byte.
  package init(scanning pieces: [ArraySlice<UInt8>], in memory: GuardedMemory) {
    var scanner = TextStreamScanner()
    for piece in pieces {
      let start = scanner.offset
      let scan = memory.holding(piece) { bytes in scanner.scan(bytes) }
      rows += scan.rows
      if let end = scan.lastRowEnd { lastRowEnd = start + end }
      guard scanner.isBetweenRows == (scanner.offset == (lastRowEnd ?? 0)), scanner.rows == rows else {
        rows = -1; return
      }
    }
    do throws(TextFormatError) { try scanner.finish() } catch { self.error = error }
  }

  /// Slow, and easy to believe.
  package init(reading stream: [UInt8]) {
    var isEscaped = false
    for (index, byte) in stream.enumerated() {
      if byte == 0x0A, !isEscaped {
        rows += 1
        lastRowEnd = index + 1
      }
      isEscaped = byte == 0x5C && !isEscaped
    }
    if lastRowEnd ?? 0 != stream.count { error = TextFormatError(offset: stream.count, rows: rows) }
  }
}
