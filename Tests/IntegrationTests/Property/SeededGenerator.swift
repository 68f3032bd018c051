/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same numbers from the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// The seed of the case number `index` of a run: far from its neighbours, so that the case can be had alone.
  static func seed(of index: Int, in run: UInt64) -> UInt64 {
    var generator = SeededGenerator(seed: run &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
    return generator.next()
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True in about `percent` of 100 calls.
  mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }

  mutating func pick<C: RandomAccessCollection>(_ choices: C) -> C.Element {
    choices[choices.index(choices.startIndex, offsetBy: number(0...choices.count - 1))]
  }
}

extension UInt64 {
  /// As seeds are printed and read back.
  var hex: String { String(self, radix: 16) }
}
