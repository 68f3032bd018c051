/// Random numbers that come again with the same seed (SplitMix64, Steele et al. 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The generator of part `number` of the whole that `seed` stands for.
  package init(seed: UInt64, part number: Int) {
    var whole = SeededGenerator(seed: seed &+ UInt64(bitPattern: Int64(number)) &* 0xd134_2543_de82_ef95)
    state = whole.next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// True in `share` of all cases.
  mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(number(range)) }

  /// An element; the collection must not be empty.
  mutating func pick<C: RandomAccessCollection>(_ elements: C) -> C.Element {
    elements[elements.index(elements.startIndex, offsetBy: number(0...elements.count - 1))]
  }

  /// An element by its weight; at least one weight must be positive.
  mutating func pick<Element>(weighted elements: [(Element, Int)]) -> Element {
    var place = number(0...elements.map(\.1).reduce(0, +) - 1)
    for (element, weight) in elements {
      if place < weight { return element }
      place -= weight
    }
    preconditionFailure("a place beyond all weights")
  }
}
