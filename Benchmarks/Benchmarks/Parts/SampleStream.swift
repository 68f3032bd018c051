import CopyFormat
import LZ4Frame

/// A binary COPY stream of rows like those of an office: numbers, short texts, a NULL here and there.
struct SampleStream {
  static let fieldCount = 16

  /// The stream as it comes from a connection, in pieces.
  let buffers: [[UInt8]]

  init(megabytes: Int) {
    var bytes = CopyHeader.bytes
    var row = 0
    while bytes.count < megabytes * 1_000_000 {
      bytes += Self.bigEndian(Int16(Self.fieldCount))
      for field in 0..<Self.fieldCount { bytes += Self.field(field, ofRow: row) }
      row += 1
    }
    bytes += CopyTrailer.bytes
    buffers = stride(from: 0, to: bytes.count, by: 64 << 10).map { start in
      Array(bytes[start..<min(start + (64 << 10), bytes.count)])
    }
  }

  /// So many rows of it, without header and trailer.
  static func tuples(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { row in
      bigEndian(Int16(fieldCount)) + (0..<fieldCount).flatMap { field($0, ofRow: row) }
    }
  }

  private static func field(_ field: Int, ofRow row: Int) -> [UInt8] {
    let content: [UInt8]
    switch field % 4 {
    case 0: content = bigEndian(Int32(row &* 31 &+ field))
    case 1: content = Array("Work paper \(row) for client \(row % 731)".utf8)
    case 2: content = bigEndian(Int16(row % 977)) + [0, 0, 0, 0, 0, 1]
    default:
      guard (row + field) % 5 != 0 else { return bigEndian(Int32(-1)) }
      content = Array("open".utf8)
    }
    return bigEndian(Int32(content.count)) + content
  }

  private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  func compressed() throws -> [UInt8] {
    var output: [UInt8] = []
    var compressor = try LZ4FrameCompressor()
    for buffer in buffers { try compressor.compress(buffer.span.bytes, appendingTo: &output) }
    try compressor.finish(appendingTo: &output)
    return output
  }
}
