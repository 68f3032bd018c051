import CLibPQ

/// A piece of a COPY stream on its way from one connection to another.
///
/// Buffers go round: the writer gives each back to the reader, so that a stream needs a few of them, however long it
/// is. A class, so that handing it on copies nothing.
public final class CopyBuffer: @unchecked Sendable {
  // Unchecked, because a buffer has one holder at a time: whoever passes it on does not touch it until it comes back.

  var bytes: [UInt8]
  /// Comes behind `bytes`.
  var wideRow: WideRow?

  /// `capacity`: the bytes to make room for at once.
  public init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var count: Int { bytes.count + (wideRow?.count ?? 0) }

  /// It holds a row so wide that another such should not be fetched before this one has been let go.
  public var isWide: Bool { wideRow != nil }

  /// What it holds beside a wide row.
  public var narrowBytes: [UInt8] { bytes }

  /// Calls `body` with what it holds, in its order: in one piece, or in two where there is a wide row.
  public func withPieces<E>(_ body: (Span<UInt8>) throws(E) -> Void) throws(E) {
    let bytes = bytes
    try body(bytes.span)
    try wideRow?.withSpan(body)
  }

  /// Replaces what it holds by what `body` appends, in the memory that it has.
  public func refill<E>(_ body: (inout [UInt8]) throws(E) -> Void) throws(E) {
    clear()
    try body(&bytes)
  }

  /// Lets go what it holds.
  public func clear() {
    bytes.removeAll(keepingCapacity: true)
    wideRow = nil
  }
}
