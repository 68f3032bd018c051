/// Follows a binary COPY stream from buffer to buffer, wherever these are cut: counts its tuples, finds the boundaries
/// between them, and proves the stream well formed.
///
/// It reads the lengths and leaps over the contents. It holds no bytes of the stream beyond a cut word. Give it every
/// buffer in turn, then call ``finish()``; after an error it is of no further use.
public struct CopyStreamScanner: Sendable, Equatable {
  /// Fields that each tuple must have.
  public let fieldCount: Int
  /// Bytes scanned.
  public private(set) var offset = 0
  /// Tuples that were seen to their end.
  public private(set) var tuples = 0

  private var expecting = Word.signature
  /// Bytes between the end of what was scanned and the next word: the rest of a field or of the header's extension.
  private var leap = 0
  /// The first bytes of a word that a buffer's end cut, and how many they are.
  private var cutWord: UInt32 = 0
  private var cutBytes = 0
  /// While a tuple is open: the lengths still to come.
  private var fieldsLeft = 0

  /// What stands at the next position that is to be read.
  private enum Word {
    case signature, flags, extensionLength, extensionEnd, fieldCount, fieldLength, nothing
  }

  /// - Parameter fieldCount: the columns of the COPY, 0 to 32,767.
  public init(fieldCount: Int) {
    precondition(0...Int(Int16.max) ~= fieldCount, "a tuple has 0 to 32,767 fields")
    self.fieldCount = fieldCount
  }

  /// Where the next byte stands.
  public var position: CopyPosition {
    switch expecting {
    case .signature, .flags, .extensionLength, .extensionEnd: .withinHeader
    case .fieldCount where cutBytes == 0: .betweenTuples
    // The count of a tuple is never negative, so its first byte tells.
    case .fieldCount: cutWord >= 0x80 ? .withinTrailer : .withinTuple
    case .fieldLength: .withinTuple
    case .nothing: .afterTrailer
    }
  }

  /// What one buffer holds.
  public struct Scan: Sendable, Equatable {
    /// The bytes of the buffer that belong to tuples: all but the header before and the trailer after them.
    public var content: Range<Int>
    /// Where in the buffer the last tuple ends of those that end in it. `nil`: none does.
    public var lastTupleEnd: Int?
    /// Tuples that end in the buffer.
    public var tuples: Int
  }

  /// Scans the stream's next bytes.
  /// - Throws: at the first word that does not belong there.
  public mutating func scan(_ bytes: RawSpan) throws(CopyFormatError) -> Scan {
    let count = bytes.byteCount
    let tuplesBefore = tuples
    var contentStart = position == .withinHeader ? count : 0
    var contentEnd = position == .withinTrailer ? 0 : count
    var lastTupleEnd: Int?
    // Where in the buffer the next word begins; beyond its end when a field does not end in it.
    var at = leap

    reading: while at <= count {
      switch expecting {
      case .signature:
        guard try skipSignature(bytes, &at) else { break reading }
        expecting = .flags

      case .flags:
        guard let flags = word(of: 4, in: bytes, &at) else { break reading }
        try check(flags: flags, at: offset + at - 4)
        expecting = .extensionLength

      case .extensionLength:
        guard let word = word(of: 4, in: bytes, &at) else { break reading }
        let length = Int32(bitPattern: word)
        guard length >= 0 else { throw error(.extensionLength(length), at: offset + at - 4) }
        at += Int(length)
        expecting = .extensionEnd

      case .extensionEnd:
        contentStart = at
        expecting = .fieldCount

      case .fieldCount:
        let start = at
        if cutBytes == 0 {
          try scanWholeTuples(in: bytes, &at, &lastTupleEnd)
          // Leapt beyond the buffer, or met a word that is cut or is no field count of ours.
          if expecting != .fieldCount || at != start { continue }
        }
        let cutBefore = cutBytes
        guard let word = word(of: 2, in: bytes, &at) else {
          if position == .withinTrailer { contentEnd = start }
          break reading
        }
        let found = Int16(truncatingIfNeeded: word)
        if found == CopyTrailer.fieldCount {
          contentEnd = cutBefore == 0 ? start : 0
          expecting = .nothing
        } else if found == fieldCount {
          fieldsLeft = fieldCount
          expecting = .fieldLength
        } else {
          throw error(.fieldCount(found: Int(found), expected: fieldCount), at: offset + at - 2)
        }

      case .fieldLength:
        if fieldsLeft == 0 {
          tuples += 1
          lastTupleEnd = at
          expecting = .fieldCount
        } else {
          guard let word = word(of: 4, in: bytes, &at) else { break reading }
          let length = Int32(bitPattern: word)
          guard length >= -1 else {
            throw error(.fieldLength(length, field: fieldCount - fieldsLeft), at: offset + at - 4)
          }
          at += max(0, Int(length))
          fieldsLeft -= 1
        }

      case .nothing:
        guard at == count else { throw error(.afterTrailer, at: offset + at) }
        break reading
      }
    }

    leap = max(0, at - count)
    offset += count
    contentStart = min(contentStart, contentEnd)
    return Scan(content: contentStart..<contentEnd, lastTupleEnd: lastTupleEnd, tuples: tuples - tuplesBefore)
  }

  /// Call it when no more bytes come.
  /// - Throws: unless the trailer was seen.
  public func finish() throws(CopyFormatError) {
    guard position == .afterTrailer else { throw error(.endsEarly(position), at: offset) }
  }

  /// The loop in which nearly all time is spent: from field count to field count, as long as no word is cut.
  ///
  /// Leaves `at` at the first word that needs a closer look, with the state to go on from there.
  private mutating func scanWholeTuples(
    in bytes: RawSpan, _ at: inout Int, _ lastTupleEnd: inout Int?
  ) throws(CopyFormatError) {
    let count = bytes.byteCount
    let expected = Int16(fieldCount)
    var complete = 0
    defer { tuples += complete }

    // `unsafeLoadUnaligned` checks its bounds; unsafe about it is only that the bytes may be any, as an integer's may.
    while count - at >= 2,
      unsafe Int16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: Int16.self)) == expected
    {
      var next = at + 2
      var left = fieldCount
      while left > 0, count - next >= 4 {
        let length = unsafe Int(Int32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: next, as: Int32.self)))
        next += 4
        if length > 0 {
          next += length
        } else if length < -1 {
          tuples += complete
          complete = 0
          throw error(.fieldLength(Int32(length), field: fieldCount - left), at: offset + next - 4)
        }
        left -= 1
      }
      at = next
      guard left == 0, next <= count else {
        fieldsLeft = left
        expecting = .fieldLength
        return
      }
      complete += 1
      lastTupleEnd = next
    }
  }

  /// - Returns: whether the signature ends in this buffer.
  private mutating func skipSignature(_ bytes: RawSpan, _ at: inout Int) throws(CopyFormatError) -> Bool {
    while at < bytes.byteCount, offset + at < CopyHeader.signature.count {
      let found = unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)  // Checks its bounds; any byte will do.
      let expected = CopyHeader.signature[offset + at]
      guard found == expected else {
        throw error(.signature(found: found, expected: expected), at: offset + at)
      }
      at += 1
    }
    return offset + at == CopyHeader.signature.count
  }

  private func check(flags: UInt32, at wordOffset: Int) throws(CopyFormatError) {
    if flags & CopyHeader.objectIdentifierFlag != 0 { throw error(.objectIdentifiers, at: wordOffset) }
    let critical = flags & CopyHeader.criticalFlags
    if critical != 0 { throw error(.criticalFlags(critical), at: wordOffset) }
  }

  /// The big-endian word of which the next byte, or the next after those of the cut word, stands at `at`.
  /// - Returns: `nil` if the buffer ends before the word; its bytes so far are kept.
  private mutating func word(of width: Int, in bytes: RawSpan, _ at: inout Int) -> UInt32? {
    while cutBytes < width {
      guard at < bytes.byteCount else { return nil }
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)  // Checks its bounds; any byte will do.
      cutWord = cutWord << 8 | UInt32(byte)
      cutBytes += 1
      at += 1
    }
    defer {
      cutWord = 0
      cutBytes = 0
    }
    return cutWord
  }

  private func error(_ problem: CopyFormatError.Problem, at offset: Int) -> CopyFormatError {
    CopyFormatError(problem, offset: offset, tuples: tuples)
  }
}
