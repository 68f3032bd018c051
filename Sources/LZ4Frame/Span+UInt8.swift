// A span's raw bytes are unsafe only for elements with padding between or within them; bytes have none.

extension LZ4FrameCompressor {
  /// The same for bytes in an array, whose span needs no `unsafe`.
  public mutating func compress(_ bytes: Span<UInt8>, appendingTo output: inout [UInt8]) throws(LZ4FrameError) {
    try unsafe compress(bytes.bytes, appendingTo: &output)
  }
}

extension LZ4FrameDecompressor {
  /// The same for bytes in an array, whose span needs no `unsafe`.
  public mutating func decompress(
    _ bytes: Span<UInt8>, appendingTo output: inout [UInt8], limit: Int
  ) throws(LZ4FrameError) -> Step {
    try unsafe decompress(bytes.bytes, appendingTo: &output, limit: limit)
  }
}
