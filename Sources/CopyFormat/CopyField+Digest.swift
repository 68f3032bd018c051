extension CopyField {
  /// A number that stands for the value's bytes: the same for the same bytes; others may share it, though values of up
  /// to 8 bytes and one length never do. `nil` for NULL.
  ///
  /// - Parameter bytes: the buffer in which the field lies.
  @inlinable
  public func digest(in bytes: RawSpan) -> UInt64? {
    guard length >= 0 else { return nil }
    if length <= 8 { return word(at: offset, count: length, in: bytes) }
    var digest = UInt64(length)
    var at = offset
    let end = offset + length
    while end - at >= 8 {
      // `unsafeLoadUnaligned` checks its bounds; unsafe about it is only that the bytes may be any, as an integer's may.
      let word = unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
      digest = Self.mix(digest ^ word)
      at += 8
    }
    return Self.mix(digest ^ word(at: at, count: end - at, in: bytes))
  }

  @inlinable
  static func mix(_ number: UInt64) -> UInt64 {
    let product = number.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }

  @inlinable
  func word(at start: Int, count: Int, in bytes: RawSpan) -> UInt64 {
    // The two usual integers in one load each.
    if count == 4 {
      return UInt64(unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self)))
    }
    if count == 8 { return unsafe UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self)) }
    var word: UInt64 = 0
    for at in start..<start + count {
      word = word << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self))
    }
    return word
  }

  /// The same for bytes in an array, whose span needs no `unsafe`.
  @inlinable
  public func digest(in bytes: Span<UInt8>) -> UInt64? { unsafe digest(in: bytes.bytes) }
}
