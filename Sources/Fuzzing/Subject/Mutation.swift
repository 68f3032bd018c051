/// Changes that suit any bytes.
package enum Mutation {
  /// Changes a few bytes somewhere. `words` are inserted now and then.
  package static func mutate(_ bytes: inout [UInt8], words: [[UInt8]] = [], using random: inout SeededGenerator) {
    let place = random.below(bytes.count + 1)
    let end = min(bytes.count, place + 1 + random.below(8))
    switch random.below(words.isEmpty ? 7 : 9) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(random.byte(), at: place)
    case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
    case 3: if place < bytes.count { bytes[place] = random.byte() }
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
    case 5: if random.chance(3) { bytes.removeSubrange(place...) }
    case 6: bytes.insert(contentsOf: [UInt8](repeating: random.byte(), count: random.below(20)), at: place)
    default: bytes.insert(contentsOf: random.pick(words), at: place)
    }
  }

  /// Swaps or doubles lines.
  package static func mutateLines(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let (from, to) = (random.below(lines.count), random.below(lines.count))
    if Bool.random(using: &random) { lines.swapAt(from, to) } else { lines.insert(lines[from], at: to) }
    bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  /// Cuts `bytes` into pieces, now and then an empty one.
  package static func pieces(
    of bytes: [UInt8], upTo size: Int, using random: inout SeededGenerator
  ) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(random.below(size + 1))
      pieces.append(piece)
      rest = rest.dropFirst(piece.count)
    }
    return pieces
  }

  /// In one piece, byte by byte, in random pieces, and in two pieces: at every place if the stream is short.
  static func cuts(of stream: [UInt8], using random: inout SeededGenerator) -> [[ArraySlice<UInt8>]] {
    let places = stream.count <= 64 ? Array(0...stream.count) : (0..<6).map { _ in random.below(stream.count + 1) }
    let twos = places.map { [stream[..<$0], stream[$0...]] }
    return [[stream[...]], pieces(of: stream, upTo: 40, using: &random)] + twos
      + (stream.count <= 1000 ? [stream.indices.map { stream[$0...$0] }] : [])
  }
}
