import Testing

@testable import LZ4Frame

@Suite struct LZ4FrameTests {
  private static let text = Array("The tide comes in over everything that is the source's. ".utf8)

  /// `count` bytes that compress well, or not at all.
  private func content(_ count: Int, compressible: Bool) -> [UInt8] {
    var state: UInt64 = 42
    return (0..<count).map { index in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return compressible ? Self.text[index % Self.text.count] : UInt8(truncatingIfNeeded: state >> 33)
    }
  }

  private func frame(_ content: [UInt8], pieces: Int = 1 << 16, level: Int = 0, blockChecksum: Bool = false) throws
    -> [UInt8]
  {
    var compressor = try LZ4FrameCompressor(level: level, blockChecksum: blockChecksum)
    var output: [UInt8] = []
    var rest = content[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieces)
      try compressor.compress(piece.span, appendingTo: &output)
      rest = rest.dropFirst(pieces)
    }
    try compressor.finish(appendingTo: &output)
    return output
  }

  private func unframe(_ frame: [UInt8], pieces: Int = 1 << 16, limit: Int = 1 << 16) throws -> [UInt8] {
    var decompressor = try LZ4FrameDecompressor()
    var output: [UInt8] = []
    var rest = frame[...]
    while true {
      let piece = rest.prefix(pieces)
      let step = try decompressor.decompress(piece.span, appendingTo: &output, limit: limit)
      #expect(step.appended <= limit)
      rest = rest.dropFirst(step.consumed)
      if rest.isEmpty, step.appended < limit { break }
    }
    try decompressor.finish()
    return output
  }

  @Test(arguments: [0, 1, 100, 65_535, 65_536, 65_537, 1_000_000], [true, false])
  func `content comes back`(count: Int, compressible: Bool) throws {
    let content = content(count, compressible: compressible)
    let frame = try frame(content)
    #expect(try unframe(frame) == content)
    if compressible, count > 1000 { #expect(frame.count < count / 10) }
    #expect(frame.count < count + 200)
  }

  @Test(arguments: [-1, 0, 9], [true, false])
  func `levels and block checksums do not change the content`(level: Int, blockChecksum: Bool) throws {
    let content = content(200_000, compressible: true)
    #expect(try unframe(frame(content, level: level, blockChecksum: blockChecksum)) == content)
  }

  @Test(arguments: [1, 7, 1000]) func `buffers may be cut anywhere`(pieces: Int) throws {
    let content = content(20_000, compressible: true)
    #expect(try unframe(frame(content, pieces: pieces), pieces: pieces, limit: pieces) == content)
  }

  @Test func `a frame is what the lz4 command writes and reads`() throws {
    let frame = try frame(content(10, compressible: true))
    #expect(frame.prefix(4) == [0x04, 0x22, 0x4D, 0x18])
    // Version 1, linked blocks, content checksum.
    #expect(frame[4] & 0b1100_0100 == 0b0100_0100)
    // `printf abc | lz4 -c`
    let foreign: [UInt8] = [
      0x04, 0x22, 0x4D, 0x18, 0x64, 0x40, 0xA7, 0x03, 0x00, 0x00, 0x80, 0x61, 0x62, 0x63, 0x00, 0x00, 0x00, 0x00, 0xFF,
      0x53, 0xD1, 0x32,
    ]
    #expect(try unframe(foreign) == Array("abc".utf8))
  }

  @Test(arguments: [true, false], [true, false])
  func `a flipped bit anywhere is detected`(compressible: Bool, blockChecksum: Bool) throws {
    let content = content(300, compressible: compressible)
    let frame = try frame(content, blockChecksum: blockChecksum)
    for position in frame.indices {
      for bit in 0..<8 as Range<UInt8> {
        var damaged = frame
        damaged[position] ^= 1 << bit
        // A few bits of a compressed block mean nothing. Only the block's own checksum covers them.
        let survived = try? unframe(damaged)
        #expect(survived == nil || (!blockChecksum && survived == content), "bit \(bit) of byte \(position)")
      }
    }
  }

  @Test func `a truncated frame is detected at the end`() throws {
    let frame = try frame(content(300, compressible: false))
    for end in frame.indices {
      #expect(throws: LZ4FrameError(name: "endsEarly", operation: "decompress a frame that is not whole")) {
        try unframe(Array(frame[..<end]))
      }
    }
  }

  @Test func `an error carries the name that LZ4 gives it`() throws {
    var damaged = try frame(content(300, compressible: false))
    damaged[damaged.count - 1] ^= 1
    #expect(throws: LZ4FrameError(name: "ERROR_contentChecksum_invalid", operation: "decompress")) {
      try unframe(damaged)
    }
  }

  @Test(arguments: [1, 3, 100]) func `a frame without a checksum of its content is refused`(pieces: Int) {
    // `printf abc | lz4 -c --no-frame-crc`
    let foreign: [UInt8] = [
      0x04, 0x22, 0x4D, 0x18, 0x60, 0x40, 0x82, 0x03, 0x00, 0x00, 0x80, 0x61, 0x62, 0x63, 0x00, 0x00, 0x00, 0x00,
    ]
    #expect(
      throws: LZ4FrameError(
        name: "contentChecksum_missing", operation: "decompress a frame that may be damaged")
    ) { try unframe(foreign, pieces: pieces) }
  }

  @Test(arguments: [1, 3, 100]) func `a frame that readers skip is not an empty one`(pieces: Int) {
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0x03, 0x00, 0x00, 0x00, 0x61, 0x62, 0x63]
    #expect(throws: LZ4FrameError(name: "frameType_unknown", operation: "decompress")) {
      try unframe(skippable, pieces: pieces)
    }
  }

  @Test func `one compressor and one decompressor serve several frames`() throws {
    var compressor = try LZ4FrameCompressor()
    var frames: [UInt8] = []
    let parts = [Array("first".utf8), Array("second".utf8)]
    for part in parts {
      try compressor.compress(part.span, appendingTo: &frames)
      try compressor.finish(appendingTo: &frames)
    }
    var decompressor = try LZ4FrameDecompressor()
    for part in parts {
      var output: [UInt8] = []
      let step = try decompressor.decompress(frames.span, appendingTo: &output, limit: 100)
      let isAtFrameEnd = decompressor.isAtFrameEnd
      #expect(isAtFrameEnd)
      #expect(output == part)
      frames.removeFirst(step.consumed)
    }
    #expect(frames.isEmpty)
  }
}
