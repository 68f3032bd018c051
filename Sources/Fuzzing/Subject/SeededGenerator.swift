/// SplitMix64 (Steele, Lea and Flood): the same numbers from the same seed.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The generator of one input of a run.
  package init(seed: UInt64, input: Int) {
    var first = SeededGenerator(seed: seed)
    var second = SeededGenerator(seed: first.next() ^ UInt64(input))
    state = second.next()
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// True once in `times`.
  package mutating func chance(_ times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  package mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

  /// One of `choices`, of which there is at least one.
  package mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}
