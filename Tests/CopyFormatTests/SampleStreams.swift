import CopyFormat

/// Streams to test with, built the slow and obvious way.
enum Sample {
  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  static func header(flags: UInt32 = 0, extension: [UInt8] = []) -> [UInt8] {
    CopyHeader.signature + bytes(flags) + bytes(Int32(`extension`.count)) + `extension`
  }

  static func tuple(_ fields: [[UInt8]?]) -> [UInt8] {
    fields.reduce(bytes(Int16(fields.count))) { $0 + ($1.map { bytes(Int32($0.count)) + $0 } ?? bytes(Int32(-1))) }
  }

  static func stream(_ tuples: [[[UInt8]?]], extension: [UInt8] = []) -> [UInt8] {
    header(extension: `extension`) + tuples.flatMap(tuple) + CopyTrailer.bytes
  }

  /// Three fields a tuple, with a NULL, an empty value and one that looks like a trailer.
  static let small: [[[UInt8]?]] = [
    [[1, 2, 3, 4], nil, Array("Yggdrasil".utf8)],
    [nil, nil, nil],
    [[], [0xFF, 0xFF], [7]],
  ]
}

/// What scanning a whole stream, in one piece or many, comes to.
struct Outcome: Equatable {
  var tuples = 0
  /// All bytes that were said to belong to tuples.
  var content: [UInt8] = []
  /// Where in the stream the last tuple ends.
  var lastTupleEnd: Int?
  var error: CopyFormatError?

  /// Scans `pieces` one after the other.
  init(scanning pieces: [[UInt8]], fieldCount: Int) {
    var scanner = CopyStreamScanner(fieldCount: fieldCount)
    do throws(CopyFormatError) {
      for piece in pieces {
        let start = scanner.offset
        let scan = try scanner.scan(piece.span)
        tuples += scan.tuples
        content += piece[scan.content]
        if let end = scan.lastTupleEnd { lastTupleEnd = start + end }
      }
      try scanner.finish()
    } catch {
      self = Outcome(error: error)
    }
  }

  init(tuples: Int = 0, content: [UInt8] = [], lastTupleEnd: Int? = nil, error: CopyFormatError? = nil) {
    self.tuples = tuples
    self.content = content
    self.lastTupleEnd = lastTupleEnd
    self.error = error
  }
}

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
