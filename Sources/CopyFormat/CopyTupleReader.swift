/// Where a tuple's field lies in the buffer that it was read from.
@frozen
public struct CopyField: Sendable, Equatable {
  /// The first byte of the value; the byte after the length for a NULL.
  public var offset: Int
  /// Bytes of the value, or -1 for NULL.
  public var length: Int

  @inlinable
  public init(offset: Int, length: Int) {
    self.offset = offset
    self.length = length
  }

  @inlinable
  public var isNull: Bool { length < 0 }

  /// The value's bytes, as offsets into the buffer. `nil`: NULL.
  @inlinable
  public var range: Range<Int>? { length < 0 ? nil : offset..<offset + length }
}

/// Reads the fields of tuples that lie whole in one buffer, without header and trailer and without copying.
///
///     var reader = CopyTupleReader(fieldCount: 3)
///     var fields: [CopyField] = []
///     while try reader.next(in: buffer.span, into: &fields) {
///       if let key = fields[0].range { … buffer[key] … }
///     }
///
/// It holds no reference to the buffer: give it the same one each time.
public struct CopyTupleReader: Sendable, Equatable {
  /// Fields that each tuple must have.
  public let fieldCount: Int
  /// The bytes, in the buffer, of the tuple read last. Empty before the first.
  public private(set) var tuple: Range<Int>
  /// Tuples read.
  public private(set) var tuples = 0
  private let streamOffset: Int

  /// - Parameters:
  ///   - fieldCount: the columns of the COPY, 0 to 32,767.
  ///   - offset: where in the buffer the first tuple begins.
  ///   - streamOffset: bytes of the stream before the buffer. It is added to the offsets that errors name.
  public init(fieldCount: Int, offset: Int = 0, streamOffset: Int = 0) {
    precondition(0...Int(Int16.max) ~= fieldCount, "a tuple has 0 to 32,767 fields")
    precondition(offset >= 0, "an offset into a buffer is not negative")
    self.fieldCount = fieldCount
    self.streamOffset = streamOffset
    tuple = offset..<offset
  }

  /// Reads the next tuple.
  /// - Parameters:
  ///   - bytes: the buffer, the same in every call.
  ///   - fields: becomes the tuple's fields; its storage is used again.
  /// - Returns: `false` if the buffer has no more; `fields` is then empty.
  /// - Throws: if what follows is not a whole tuple of ``fieldCount`` fields; a trailer is none.
  public mutating func next(
    in bytes: RawSpan, into fields: inout [CopyField]
  ) throws(CopyFormatError) -> Bool {
    fields.removeAll(keepingCapacity: true)
    let start = tuple.upperBound
    let count = bytes.byteCount
    guard start < count else { return false }

    guard count - start >= 2 else { throw endsEarly(count) }
    // `unsafeLoadUnaligned` checks its bounds; unsafe about it is only that the bytes may be any, as an integer's may.
    let found = unsafe Int16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: start, as: Int16.self))
    guard found == fieldCount else {
      throw error(.fieldCount(found: Int(found), expected: fieldCount), at: start)
    }
    var at = start + 2
    fields.reserveCapacity(fieldCount)
    for field in 0..<fieldCount {
      guard count - at >= 4 else { throw endsEarly(count) }
      let length = unsafe Int32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: Int32.self))
      guard length >= -1 else { throw error(.fieldLength(length, field: field), at: at) }
      at += 4
      fields.append(CopyField(offset: at, length: Int(length)))
      at += max(0, Int(length))
      guard at <= count else { throw endsEarly(count) }
    }
    tuple = start..<at
    tuples += 1
    return true
  }

  private func endsEarly(_ count: Int) -> CopyFormatError { error(.endsEarly(.withinTuple), at: count) }

  private func error(_ problem: CopyFormatError.Problem, at offset: Int) -> CopyFormatError {
    CopyFormatError(problem, offset: streamOffset + offset, tuples: tuples)
  }
}
