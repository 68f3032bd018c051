import Testing

@testable import PGTide

/// Files that nobody would write: the reader may refuse them, but neither trap nor hang.
@Suite struct ConfigurationFuzzTests {
  /// A generator whose numbers are the same in every run (splitmix64, as published by Steele, Lea and Flood).
  private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed >> 31)
    }
  }

  private static let signs = Array("{}[]:,-?&*!|>'\"%@`#~$\n\t \\\0\u{ff}<=.".utf8)
  private static let words = [
    "${", "$$", "${SECRET}", "null", "- ", "? ", ": ", "&a ", "*a", "<<: ", "!!binary ", "---\n", "...\n", "\r\n",
    "99999999999999999999", "é", "\u{FEFF}", "\u{2028}", "tables:", "columns:", "|2-\n", "%YAML 9.9\n", "\"\\x00\"",
  ].map { Array($0.utf8) }

  /// One change of a few bytes, or of a whole line.
  private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
    case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 3: if let sign = signs.randomElement(using: &random) { bytes.insert(sign, at: place) }
    case 4: if let word = words.randomElement(using: &random) { bytes.insert(contentsOf: word, at: place) }
    case 5: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
    case 6: bytes.removeSubrange(place...)
    default:
      var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let from = Int.random(in: 0..<lines.count, using: &random)
      let to = Int.random(in: 0..<lines.count, using: &random)
      if Bool.random(using: &random) { lines.swapAt(from, to) } else { lines.insert(lines[from], at: to) }
      bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: 1...20 as ClosedRange<UInt64>)
  func `a file that was changed at random is read or refused with a place in it`(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    for _ in 0..<100 {
      var bytes = Array(ConfigurationSample.everything.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &random) { Self.mutate(&bytes, &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(ConfigurationError) {
        let configuration = try ConfigurationSample.read(
          text, environment: ["OFFICE_DB": "password=geheim", "SECRET": "geheim"])
        #expect(!configuration.tables.isEmpty, "seed \(seed): \(text)")
      } catch {
        let lines = text.count(where: \.isNewline) + 1
        #expect(!error.mistakes.isEmpty, "seed \(seed): \(text)")
        #expect(error.mistakes.allSatisfy { (1...lines + 1).contains($0.line ?? 1) }, "seed \(seed): \(text)")
        #expect(!error.description.contains("geheim"), "seed \(seed): \(text)")
      }
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: ["[", "{a: ", "- ", "? "])
  func `a file that is nested without end is refused`(opening: String) {
    #expect(throws: ConfigurationError.self) {
      try ConfigurationSample.read("source: " + String(repeating: opening, count: 100_000))
    }
    #expect(throws: ConfigurationError.self) {
      try ConfigurationSample.read("source:\n  " + String(repeating: opening, count: 900))
    }
  }
}
