/// Bytes that are not a binary COPY stream, or not the one that was expected.
public struct CopyFormatError: Error, Sendable, Equatable {
  public enum Problem: Sendable, Equatable {
    /// The stream does not begin with ``CopyHeader/signature``; this byte differs.
    case signature(found: UInt8, expected: UInt8)
    /// The header says that each row carries an OID.
    case objectIdentifiers
    /// The header has critical flags that this reader does not know.
    case criticalFlags(UInt32)
    /// The length of the header's extension is negative.
    case extensionLength(Int32)
    /// A tuple has another number of fields than the stream was said to have.
    case fieldCount(found: Int, expected: Int)
    /// The length of a field, counted from 0, is negative but not the -1 of a NULL.
    case fieldLength(Int32, field: Int)
    /// Bytes follow the trailer.
    case afterTrailer
    /// The stream ends before its trailer, or a buffer of whole tuples within one.
    case endsEarly(CopyPosition)
  }

  public var problem: Problem
  /// Bytes from the start of the stream to the byte or word at fault.
  public var offset: Int
  /// Complete tuples before it.
  public var tuples: Int

  public init(_ problem: Problem, offset: Int, tuples: Int) {
    self.problem = problem
    self.offset = offset
    self.tuples = tuples
  }
}

extension CopyFormatError: CustomStringConvertible {
  public var description: String {
    "binary COPY data: \(problem) (at byte \(offset), after \(tuples) \(tuples == 1 ? "row" : "rows"))"
  }
}

extension CopyFormatError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .signature(let found, let expected):
      "not the signature of the format: byte 0x\(hex(found)) where 0x\(hex(expected)) was expected"
    case .objectIdentifiers:
      "the header announces rows with OIDs, which are not supported"
    case .criticalFlags(let flags):
      "the header has unknown critical flags 0x\(hex(flags)), where none was expected"
    case .extensionLength(let length):
      "the header's extension has the length \(length), where 0 or more was expected"
    case .fieldCount(let found, let expected):
      "a row has \(found) fields where \(expected) were expected"
    case .fieldLength(let length, let field):
      "field \(field + 1) of a row has the length \(length), where -1 (NULL), 0 or more was expected"
    case .afterTrailer:
      "bytes follow the trailer, where the end was expected"
    case .endsEarly(let position):
      "it ends \(position), where more was expected"
    }
  }
}

private func hex(_ value: some UnsignedInteger) -> String { String(value, radix: 16, uppercase: true) }
