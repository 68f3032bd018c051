// A span's raw bytes are unsafe only for elements with padding between or within them; bytes have none.

extension CopyStreamScanner {
  /// The same for bytes in an array, whose span needs no `unsafe`.
  public mutating func scan(_ bytes: Span<UInt8>) throws(CopyFormatError) -> Scan {
    try unsafe scan(bytes.bytes)
  }
}

extension CopyTupleReader {
  /// The same for bytes in an array, whose span needs no `unsafe`.
  public mutating func next(in bytes: Span<UInt8>, into fields: inout [CopyField]) throws(CopyFormatError) -> Bool {
    try unsafe next(in: bytes.bytes, into: &fields)
  }
}

extension TextStreamScanner {
  /// The same for bytes in an array, whose span needs no `unsafe`.
  public mutating func scan(_ bytes: Span<UInt8>) -> Scan { unsafe scan(bytes.bytes) }
}
