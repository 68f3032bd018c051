import CopyFormat

/// A parser of whole streams that is slow and easy to believe, to compare the scanner with.
package struct CopyModelParser {
  let stream: [UInt8]
  let fieldCount: Int
  private var at = 0
  private var tuples = 0

  /// What scanning the whole stream should come to.
  package static func outcome(of stream: [UInt8], fieldCount: Int) -> CopyOutcome {
    var parser = CopyModelParser(stream: stream, fieldCount: fieldCount)
    do throws(CopyFormatError) { return try parser.parse() } catch { return CopyOutcome(error: error) }
  }

  /// What reading `bytes`, which stand between header and trailer, should come to: the values of each tuple.
  package static func values(of bytes: [UInt8], fieldCount: Int) -> CopyValues {
    var parser = CopyModelParser(stream: bytes, fieldCount: fieldCount)
    var values = CopyValues()
    do throws(CopyFormatError) {
      while parser.at < bytes.count { try values.tuples.append(parser.tuple()) }
    } catch {
      values.error = error
    }
    return values
  }

  private mutating func tuple() throws(CopyFormatError) -> [[UInt8]?] {
    let start = at
    let found = try number(2, .withinTuple)
    if found != fieldCount { throw error(.fieldCount(found: found, expected: fieldCount), start) }
    var fields: [[UInt8]?] = []
    for field in 0..<fieldCount {
      let length = try number(4, .withinTuple)
      if length < -1 { throw error(.fieldLength(Int32(length), field: field), at - 4) }
      try fields.append(length < 0 ? nil : Array(take(length, .withinTuple)))
    }
    tuples += 1
    return fields
  }

  private init(stream: [UInt8], fieldCount: Int) {
    self.stream = stream
    self.fieldCount = fieldCount
  }

  private mutating func parse() throws(CopyFormatError) -> CopyOutcome {
    for expected in CopyHeader.signature {
      let found = try UInt8(truncatingIfNeeded: number(1, .withinHeader))
      if found != expected { throw error(.signature(found: found, expected: expected), at - 1) }
    }
    let flags = try UInt32(truncatingIfNeeded: number(4, .withinHeader))
    if flags & 0x10000 != 0 { throw error(.objectIdentifiers, at - 4) }
    if flags >= 0x10000 { throw error(.criticalFlags(flags & 0xFFFF_0000), at - 4) }
    let length = try number(4, .withinHeader)
    if length < 0 { throw error(.extensionLength(Int32(length)), at - 4) }
    _ = try take(length, .withinHeader)

    let start = at
    while true {
      let first = at
      if first == stream.count { throw error(.endsEarly(.betweenTuples), at) }
      let found = try number(2, stream[first] < 0x80 ? .withinTuple : .withinTrailer)
      if found == -1 {
        if at < stream.count { throw error(.afterTrailer, at) }
        return CopyOutcome(
          tuples: tuples, content: Array(stream[start..<first]), lastTupleEnd: tuples == 0 ? nil : first)
      }
      if found != fieldCount { throw error(.fieldCount(found: found, expected: fieldCount), first) }
      for field in 0..<fieldCount {
        let length = try number(4, .withinTuple)
        if length < -1 { throw error(.fieldLength(Int32(length), field: field), at - 4) }
        if length > 0 { _ = try take(length, .withinTuple) }
      }
      tuples += 1
    }
  }

  private mutating func take(_ count: Int, _ position: CopyPosition) throws(CopyFormatError) -> ArraySlice<UInt8> {
    guard count <= stream.count - at else { throw error(.endsEarly(position), stream.count) }
    defer { at += count }
    return stream[at..<at + count]
  }

  private mutating func number(_ width: Int, _ position: CopyPosition) throws(CopyFormatError) -> Int {
    let value = try take(width, position).reduce(0) { $0 << 8 | Int($1) }
    return value >= 1 << (8 * width - 1) ? value - 1 << (8 * width) : value
  }

  private func error(_ problem: CopyFormatError.Problem, _ offset: Int) -> CopyFormatError {
    CopyFormatError(problem, offset: offset, tuples: tuples)
  }
}
