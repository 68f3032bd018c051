import CLibPQ

/// A row that stays where libpq put it, because a copy would need its memory once more.
@safe final class WideRow {
  /// Rows from this size on, in bytes.
  static let threshold = 4 << 20

  private let bytes: UnsafeBufferPointer<UInt8>

  /// Takes over `count` bytes that `PQgetCopyData` allocated.
  init(taking row: UnsafeMutablePointer<CChar>, count: Int) {
    unsafe bytes = UnsafeBufferPointer(start: UnsafeRawPointer(row).assumingMemoryBound(to: UInt8.self), count: count)
  }

  deinit { unsafe PQfreemem(UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }

  var count: Int { unsafe bytes.count }

  func withSpan<E>(_ body: (Span<UInt8>) throws(E) -> Void) throws(E) {
    // The bytes live as long as this object, which lives at least until `body` has returned.
    defer { withExtendedLifetime(self) {} }
    try body(unsafe Span(_unsafeElements: bytes))
  }
}
