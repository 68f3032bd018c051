/// Follows a text COPY stream from buffer to buffer, wherever these are cut: counts its rows and finds the boundaries
/// between them.
///
/// A row ends with a line feed; one that belongs to a value has a backslash before it (manual, "COPY", "Text Format").
/// The bytes must be in an encoding in which these two stand for nothing else, as in UTF-8. Give it every buffer in
/// turn, then call ``finish()``.
///
/// It does not look into the rows: their fields are counted by the server that takes them.
public struct TextStreamScanner: Sendable, Equatable {
  /// Bytes scanned.
  public private(set) var offset = 0
  /// Rows that were seen to their end.
  public private(set) var rows = 0
  /// The next byte begins a row: here a stream can be cut.
  public private(set) var isBetweenRows = true
  /// The last byte was a backslash that escapes the next one.
  private var isEscaping = false

  public init() {}

  /// What one buffer holds.
  public struct Scan: Sendable, Equatable {
    /// Where in the buffer the last row ends of those that end in it. `nil`: none does.
    public var lastRowEnd: Int?
    /// Rows that end in the buffer.
    public var rows: Int

    public init(lastRowEnd: Int?, rows: Int) {
      self.lastRowEnd = lastRowEnd
      self.rows = rows
    }
  }

  /// Scans the stream's next bytes.
  public mutating func scan(_ bytes: RawSpan) -> Scan {
    let count = bytes.byteCount
    guard count > 0 else { return Scan(lastRowEnd: nil, rows: 0) }
    var scan = Scan(lastRowEnd: nil, rows: 0)
    var at = 0
    while let lineFeed = Self.lineFeed(in: bytes, from: at) {
      at = lineFeed + 1
      guard !escapes(bytes, upTo: lineFeed) else { continue }
      scan.rows += 1
      scan.lastRowEnd = at
    }
    isEscaping = escapes(bytes, upTo: count)
    isBetweenRows = scan.lastRowEnd == count
    rows += scan.rows
    offset += count
    return scan
  }

  /// Call it when no more bytes come.
  /// - Throws: when the last row has no end.
  public func finish() throws(TextFormatError) {
    guard isBetweenRows else { throw TextFormatError(offset: offset, rows: rows) }
  }

  /// Whether the byte at `end` has a backslash before it that is not escaped itself: an odd number of them.
  private func escapes(_ bytes: RawSpan, upTo end: Int) -> Bool {
    var start = end
    while start > 0, Self.byte(bytes, start - 1) == UInt8(ascii: "\\") { start -= 1 }
    let isOdd = (end - start) % 2 == 1
    return start == 0 && isEscaping ? !isOdd : isOdd
  }

  /// The next line feed at or after `start`.
  private static func lineFeed(in bytes: RawSpan, from start: Int) -> Int? {
    let count = bytes.byteCount
    var at = start
    // Eight bytes at a time: of `differing`, a byte is zero where there is a line feed, and the lowest such byte is the
    // lowest that has its upper bit set below. (`unsafeLoadUnaligned` checks its bounds; any bytes make an integer.)
    while count - at >= 8 {
      let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self))
      let differing = word ^ 0x0A0A_0A0A_0A0A_0A0A
      let zeros = (differing &- 0x0101_0101_0101_0101) & ~differing & 0x8080_8080_8080_8080
      if zeros != 0 { return at + zeros.trailingZeroBitCount / 8 }
      at += 8
    }
    while at < count {
      if byte(bytes, at) == UInt8(ascii: "\n") { return at }
      at += 1
    }
    return nil
  }

  private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
    unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)  // Checks its bounds; any byte will do.
  }
}

/// A text COPY stream that ends within a row.
public struct TextFormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Bytes of the stream.
  public var offset: Int
  /// Complete rows.
  public var rows: Int

  public init(offset: Int, rows: Int) {
    self.offset = offset
    self.rows = rows
  }

  public var description: String {
    "text COPY data: it ends within a row (at byte \(offset), after \(rows) \(rows == 1 ? "row" : "rows"))"
  }
}
