import CopyFormat

/// What scanning a whole stream, in one piece or many, comes to.
package struct CopyOutcome: Equatable {
  package var tuples = 0
  /// All bytes that were said to belong to tuples.
  package var content: [UInt8] = []
  /// Where in the stream the last tuple ends.
  package var lastTupleEnd: Int?
  package var error: CopyFormatError?

  package init(tuples: Int = 0, content: [UInt8] = [], lastTupleEnd: Int? = nil, error: CopyFormatError? = nil) {
    self.tuples = tuples
    self.content = content
    self.lastTupleEnd = lastTupleEnd
    self.error = error
  }

  /// Scans `pieces` one after the other.
  package init(scanning pieces: [[UInt8]], fieldCount: Int) {
    self.init(fieldCount: fieldCount, pieces: pieces) { scanner, piece throws(CopyFormatError) in
      try scanner.scan(piece.span)
    }
  }

  /// Scans `pieces` one after the other, each with nothing readable behind its last byte.
  package init(scanning pieces: [ArraySlice<UInt8>], fieldCount: Int, in memory: GuardedMemory) {
    self.init(fieldCount: fieldCount, pieces: pieces) { scanner, piece throws(CopyFormatError) in
      try memory.holding(piece) { bytes throws(CopyFormatError) in try scanner.scan(bytes) }
    }
  }

  private init<Piece: Collection<UInt8>>(
    fieldCount: Int, pieces: [Piece],
    _ scan: (inout CopyStreamScanner, Piece) throws(CopyFormatError) -> CopyStreamScanner.Scan
  ) {
    var scanner = CopyStreamScanner(fieldCount: fieldCount)
    do throws(CopyFormatError) {
      for piece in pieces {
        let start = scanner.offset
        let scan = try scan(&scanner, piece)
        tuples += scan.tuples
        content += piece.dropFirst(scan.content.lowerBound).prefix(scan.content.count)
        if let end = scan.lastTupleEnd { lastTupleEnd = start + end }
      }
      try scanner.finish()
    } catch {
      self = CopyOutcome(error: error)
    }
  }
}

/// What reading tuples from a buffer comes to: their values, up to an error.
package struct CopyValues: Equatable {
  package var tuples: [[[UInt8]?]] = []
  package var error: CopyFormatError?

  package init() {}

  /// Reads `bytes` with nothing readable behind the last of them.
  package init(reading bytes: [UInt8], fieldCount: Int, in memory: GuardedMemory) {
    var reader = CopyTupleReader(fieldCount: fieldCount)
    var fields: [CopyField] = []
    do throws(CopyFormatError) {
      while try memory.holding(bytes, { span throws(CopyFormatError) in try reader.next(in: span, into: &fields) }) {
        tuples.append(fields.map { $0.range.map { Array(bytes[$0]) } })
      }
    } catch {
      self.error = error
    }
  }
}
