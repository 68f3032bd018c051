import CopyFormat
import Fuzzing
import Testing

@Suite struct CopyTupleReaderTests {
  private func values(_ bytes: [UInt8], fieldCount: Int) throws(CopyFormatError) -> [[[UInt8]?]] {
    var reader = CopyTupleReader(fieldCount: fieldCount)
    var fields: [CopyField] = []
    var values: [[[UInt8]?]] = []
    while try reader.next(in: bytes.span, into: &fields) {
      values.append(fields.map { $0.range.map { Array(bytes[$0]) } })
    }
    return values
  }

  @Test func `the fields come out as they went in`() throws {
    #expect(try values(Sample.small.flatMap(Sample.tuple), fieldCount: 3) == Sample.small)
    #expect(try values([], fieldCount: 3) == [])
    #expect(try values([0, 0, 0, 0], fieldCount: 0) == [[], []])
  }

  @Test func `a tuple's own bytes can be taken out of the buffer`() throws {
    let tuples = Sample.small.map(Sample.tuple)
    let buffer = CopyHeader.bytes + tuples.flatMap(\.self)
    var reader = CopyTupleReader(fieldCount: 3, offset: 19)
    var fields: [CopyField] = []
    for tuple in tuples {
      #expect(try reader.next(in: buffer.span, into: &fields))
      #expect(Array(buffer[reader.tuple]) == tuple)
    }
    #expect(try !reader.next(in: buffer.span, into: &fields))
    #expect(fields.isEmpty)
    #expect(reader.tuples == 3)
  }

  @Test func `a buffer that ends within a tuple is refused`() {
    let tuple = Sample.tuple([[1, 2], nil])
    for end in 1..<tuple.count {
      #expect(throws: CopyFormatError(.endsEarly(.withinTuple), offset: end, tuples: 0)) {
        try values(Array(tuple[..<end]), fieldCount: 2)
      }
    }
  }

  @Test func `any byte may be wrong without harm`() {
    let bytes = Sample.small.flatMap(Sample.tuple)
    for position in bytes.indices {
      for value in 0...255 as ClosedRange<UInt8> {
        var corrupt = bytes
        corrupt[position] = value
        let model = ModelParser.outcome(of: CopyHeader.bytes + corrupt + CopyTrailer.bytes, fieldCount: 3)
        let read = try? values(corrupt, fieldCount: 3)
        #expect(read?.count == (model.error == nil ? model.tuples : nil), "\(value) at \(position)")
      }
    }
  }

  @Test func `an error names the offset in the stream`() {
    var reader = CopyTupleReader(fieldCount: 1, streamOffset: 1000)
    var fields: [CopyField] = []
    let bytes: [UInt8] = Sample.tuple([nil]) + [0, 9]
    #expect(throws: CopyFormatError(.fieldCount(found: 9, expected: 1), offset: 1006, tuples: 1)) {
      while try reader.next(in: bytes.span, into: &fields) {}
    }
  }
}
