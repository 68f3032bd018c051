/// What stands before the tuples of a binary COPY stream.
///
/// The same few bytes before any tuples make a stream of its own, so one stream can be cut at the boundary of two
/// tuples: end the first part with ``CopyTrailer`` and begin the second with this.
public enum CopyHeader {
  /// `PGCOPY\n\377\r\n\0`, which a transfer that alters line ends or the eighth bit would damage.
  public static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]

  /// A header without flags and without an extension: 19 bytes.
  public static let bytes: [UInt8] = signature + [UInt8](repeating: 0, count: 8)

  /// Each row is preceded by an OID. No server since PostgreSQL 12 writes this, and it is refused.
  static let objectIdentifierFlag: UInt32 = 1 << 16

  /// A reader must stop when it finds a bit of these that it does not know; it ignores the lower ones.
  static let criticalFlags: UInt32 = 0xFFFF_0000
}

/// What stands after the tuples of a binary COPY stream: a field count of -1.
public enum CopyTrailer {
  /// 2 bytes.
  public static let bytes: [UInt8] = [0xFF, 0xFF]

  static let fieldCount: Int16 = -1
}
