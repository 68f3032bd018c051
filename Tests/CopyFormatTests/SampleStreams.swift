import CopyFormat
import Fuzzing

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

typealias Outcome = CopyOutcome
typealias ModelParser = CopyModelParser
