import CopyFormat
import Fuzzing
import Testing

@Suite struct CorruptStreamTests {
  @Test func `any byte may be wrong, and scanner and model agree`() {
    let stream = Sample.stream(Sample.small, extension: [1, 2])
    for position in stream.indices {
      for value in [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF] as [UInt8] {
        var corrupt = stream
        corrupt[position] = value
        let model = ModelParser.outcome(of: corrupt, fieldCount: 3)
        #expect(Outcome(scanning: [corrupt], fieldCount: 3) == model, "\(value) at \(position)")
        #expect(Outcome(scanning: corrupt.map { [$0] }, fieldCount: 3) == model, "\(value) at \(position)")
      }
    }
  }

  @Test func `a stream that ends early is refused wherever it ends`() {
    let stream = Sample.stream(Sample.small)
    for end in stream.indices {
      let prefix = Array(stream[..<end])
      let outcome = Outcome(scanning: [prefix], fieldCount: 3)
      #expect(outcome.error?.offset == end)
      #expect(outcome == ModelParser.outcome(of: prefix, fieldCount: 3))
    }
  }

  @Test func `random streams in random pieces scan as the model parses them`() {
    for seed in 0..<4000 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let fieldCount = Int.random(in: 0...4, using: &random)
      var stream = randomStream(fieldCount: fieldCount, using: &random)
      damage(&stream, using: &random)

      var pieces: [[UInt8]] = []
      var rest = stream[...]
      while !rest.isEmpty {
        let size = Int.random(in: 0...min(rest.count, 40), using: &random)
        pieces.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      let model = ModelParser.outcome(of: stream, fieldCount: fieldCount)
      #expect(Outcome(scanning: pieces, fieldCount: fieldCount) == model, "seed \(seed)")
    }
  }

  private func randomStream(fieldCount: Int, using random: inout SeededGenerator) -> [UInt8] {
    let tuples = (0..<Int.random(in: 0...6, using: &random)).map { _ in
      (0..<fieldCount).map { _ -> [UInt8]? in
        Int.random(in: 0...3, using: &random) == 0
          ? nil : (0..<Int.random(in: 0...12, using: &random)).map { _ in .random(in: 0...255, using: &random) }
      }
    }
    return Sample.stream(tuples, extension: Bool.random(using: &random) ? [] : [1, 2, 3])
  }

  /// One stream in three stays whole; the others lose, gain or change bytes.
  private func damage(_ stream: inout [UInt8], using random: inout SeededGenerator) {
    switch Int.random(in: 0...5, using: &random) {
    case 0: stream.removeLast(Int.random(in: 0...stream.count, using: &random))
    case 1: stream += [.random(in: 0...255, using: &random)]
    case 2: stream.remove(at: .random(in: 0..<stream.count, using: &random))
    case 3: stream[.random(in: 0..<stream.count, using: &random)] = .random(in: 0...255, using: &random)
    default: break
    }
  }
}
