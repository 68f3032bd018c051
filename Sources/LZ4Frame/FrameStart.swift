/// The first bytes of a frame. LZ4 itself takes frames that it skips without a word, and frames whose content carries no
/// checksum: as whole as any, and with nothing, or anything, in them.
///
/// Source: "LZ4 Frame Format Description", version 1.6.
struct FrameStart {
  private static let magic: [UInt8] = [0x04, 0x22, 0x4D, 0x18]
  /// The bit of the byte behind the magic number that announces a checksum of the content.
  private static let contentChecksum: UInt8 = 0b0000_0100

  /// How many of the frame's bytes were read, up to all that are looked at here.
  private var read = 0

  /// Looks at those of the frame's first bytes that are among `bytes`, its next ones.
  func check(_ bytes: RawSpan) throws(LZ4FrameError) {
    for index in read..<min(read + bytes.byteCount, Self.magic.count + 1) {
      // Checks its bounds; any byte will do.
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: index - read, as: UInt8.self)
      if index < Self.magic.count {
        guard byte == Self.magic[index] else { throw LZ4FrameError(name: "frameType_unknown", operation: "decompress") }
      } else if byte & Self.contentChecksum == 0 {
        throw LZ4FrameError(name: "contentChecksum_missing", operation: "decompress a frame that may be damaged")
      }
    }
  }

  mutating func advance(by count: Int) { read = min(read + count, Self.magic.count + 1) }
}
