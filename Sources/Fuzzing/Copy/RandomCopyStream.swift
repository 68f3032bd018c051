import CopyFormat

/// A binary COPY stream, and where its words stand, so that they can be made wrong.
struct RandomCopyStream {
  var bytes: [UInt8] = CopyHeader.signature
  var fieldCount: Int
  private var countOffsets: [Int] = []
  private var lengthOffsets: [Int] = []

  init(using random: inout SeededGenerator) {
    // Some as wide as tables become, most as small as will do.
    fieldCount = random.chance(200) ? random.pick([100, 1600, 32_767]) : random.below(6)
    let width = fieldCount > 10 ? 1 : 6
    append(UInt32(random.chance(8) ? random.below(1 << 16) : 0))
    let extensionLength = random.chance(4) ? random.below(12) : 0
    append(UInt32(extensionLength))
    bytes += (0..<extensionLength).map { _ in random.byte() }
    for _ in 0..<random.below(width + 1) { appendTuple(using: &random) }
    bytes += CopyTrailer.bytes
  }

  private mutating func append(_ word: some FixedWidthInteger) {
    bytes += stride(from: word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  private mutating func appendTuple(using random: inout SeededGenerator) {
    countOffsets.append(bytes.count)
    append(Int16(fieldCount))
    for _ in 0..<fieldCount {
      lengthOffsets.append(bytes.count)
      if random.chance(4) {
        append(Int32(-1))
      } else {
        let length = random.chance(50) ? random.below(400) : random.below(fieldCount > 10 ? 3 : 14)
        append(Int32(length))
        bytes += (0..<length).map { _ in random.chance(3) ? 0xFF : random.byte() }
      }
    }
  }

  /// Makes one thing wrong: a word that says a length or a number, or any bytes.
  mutating func damage(using random: inout SeededGenerator) {
    switch random.below(6) {
    case 0 where !lengthOffsets.isEmpty:
      let near = Int32(truncatingIfNeeded: bytes.count - random.pick(lengthOffsets) - random.below(8))
      put(random.pick([.max, .min, -2, -1, 0, 1, 0x7FFF_FF00, near]), at: random.pick(lengthOffsets))
    case 1 where !countOffsets.isEmpty:
      let count = Int16(fieldCount)
      put(random.pick([-1, -2, 0, .max, .min, count &+ 1, count &- 1]), at: random.pick(countOffsets))
    case 2: put(UInt32(1) << UInt32(random.below(32)), at: 11)
    case 3: put(random.pick([Int32.max, .min, -1, 1, Int32(random.below(64))]), at: 15)
    default: Mutation.mutate(&bytes, words: [CopyTrailer.bytes, CopyHeader.bytes], using: &random)
    }
  }

  /// Offsets are those of the whole stream; an earlier mutation may have made it shorter.
  private mutating func put(_ word: some FixedWidthInteger, at offset: Int) {
    let size = word.bitWidth / 8
    guard offset + size <= bytes.count else { return }
    for index in 0..<size { bytes[offset + index] = UInt8(truncatingIfNeeded: word >> (8 * (size - 1 - index))) }
  }
}
