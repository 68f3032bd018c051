/// A piece of a COPY stream on its way from one connection to another.
///
/// Buffers go round: the writer gives each back to the reader, so that a stream needs a few of them, however long it
/// is. A class, so that handing it on copies nothing.
public final class CopyBuffer: @unchecked Sendable {
  // Unchecked, because a buffer has one holder at a time: whoever passes it on does not touch it until it comes back.

  public var bytes: [UInt8]

  /// `capacity`: the bytes to make room for at once; a row that is wider makes the buffer grow.
  public init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}
