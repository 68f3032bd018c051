import CopyFormat
import Testing

@Suite struct KeySetTests {
  @Test func `it holds what was put in, and nothing else`() {
    var set = KeySet()
    for number in 0..<5000 {
      let isNew = set.insert(UInt64(number) &* 0x1_0000_0001)
      #expect(isNew)
    }
    #expect(set.count == 5000)
    for number in 0..<5000 {
      #expect(set.contains(UInt64(number) &* 0x1_0000_0001))
      #expect(!set.contains(UInt64(number) &* 0x1_0000_0001 &+ 1_000_000))
    }
  }

  @Test(arguments: [0, 1, UInt64.max]) func `what is there already is not new`(number: UInt64) {
    var set = KeySet()
    #expect(!set.contains(number))
    let isNew = [set.insert(number), set.insert(number)]
    #expect(isNew == [true, false])
    #expect(set.contains(number))
    #expect(set.count == 1)
  }

  // MARK: - Digests

  private func digest(_ bytes: [UInt8], before: Int = 0) -> UInt64? {
    let buffer = [UInt8](repeating: 7, count: before) + bytes + [9]
    return CopyField(offset: before, length: bytes.count).digest(in: buffer.span)
  }

  @Test(arguments: 0...40) func `the same bytes have the same digest, wherever they stand`(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
    #expect(digest(bytes) == digest(bytes, before: 3))
  }

  @Test(arguments: [1, 2, 4, 7, 8, 9, 16, 17, 40]) func `one changed bit changes the digest`(count: Int) {
    let bytes = [UInt8](repeating: 0x55, count: count)
    for bit in 0..<count * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(digest(changed) != digest(bytes))
    }
  }

  @Test func `NULL has no digest`() {
    #expect(CopyField(offset: 0, length: -1).digest(in: [0].span) == nil)
  }
}
