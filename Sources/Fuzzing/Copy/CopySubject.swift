import CopyFormat

/// The scanner of binary COPY streams and the reader of tuples: they agree with a slow parser, wherever the stream is
/// cut into buffers, and read nothing behind a buffer's end.
///
/// An input is 2 bytes with the number of fields, 8 bytes from which the cuts follow, and the stream.
package struct CopySubject: FuzzSubject {
  package static let name = "copy"

  private let memory = GuardedMemory(capacity: 1 << 20)
  private static let prefix = 10

  package init() {}

  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    var stream = RandomCopyStream(using: &random)
    for _ in 0..<random.below(4) { stream.damage(using: &random) }
    let fieldCount = random.chance(20) ? random.below(4) : stream.fieldCount
    return [UInt8(fieldCount >> 8), UInt8(fieldCount & 0xFF)] + (0..<8).map { _ in random.byte() } + stream.bytes
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    guard input.count >= Self.prefix else { return }
    let fieldCount = Int(input[0] & 0x7F) << 8 | Int(input[1])
    let seed = input[2..<10].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let stream = Array(input[Self.prefix...])
    var random = SeededGenerator(seed: seed)
    let model = CopyModelParser.outcome(of: stream, fieldCount: fieldCount)

    for pieces in Mutation.cuts(of: stream, using: &random) {
      let outcome = CopyOutcome(scanning: pieces, fieldCount: fieldCount, in: memory)
      guard outcome == model else {
        throw FuzzFinding("pieces of \(pieces.map(\.count)) bytes: \(Self.text(outcome)); expected \(Self.text(model))")
      }
    }
    try checkReader(Array(stream.dropFirst(CopyHeader.bytes.count)), fieldCount: fieldCount)
  }

  /// The reader takes the same bytes as tuples, a trailer not being one.
  private func checkReader(_ bytes: [UInt8], fieldCount: Int) throws(FuzzFinding) {
    let model = CopyModelParser.values(of: bytes, fieldCount: fieldCount)
    let values = CopyValues(reading: bytes, fieldCount: fieldCount, in: memory)
    guard values == model else {
      throw FuzzFinding(
        "tuples read: \(values.tuples.count), \(values.error.map { "\($0)" } ?? "no error"); "
          + "expected \(model.tuples.count), \(model.error.map { "\($0)" } ?? "no error")")
    }
  }

  private static func text(_ outcome: CopyOutcome) -> String {
    outcome.error.map { "\($0)" } ?? "\(outcome.tuples) rows in \(outcome.content.count) bytes"
  }
}
