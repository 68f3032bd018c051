import LZ4Frame

/// The decompressor of LZ4 frames: whatever happened to a frame, it gives the right content or an error, never more at
/// a time than it was asked for, and reads nothing behind its input.
///
/// An input is 8 bytes from which the cuts follow, 4 with the length of the content, the content, and the frame.
package struct LZ4Subject: FuzzSubject {
  package static let name = "lz4"

  private let memory = GuardedMemory(capacity: 4 << 20)
  private static let prefix = 12

  package init() {}

  package mutating func input(using random: inout SeededGenerator) -> [UInt8] {
    let content = Self.content(using: &random)
    var frame: [UInt8] = []
    do throws(LZ4FrameError) {
      var compressor = try LZ4FrameCompressor(level: random.pick([-1, 0, 0, 0, 9]), blockChecksum: random.chance(3))
      try compressor.compress(content.span, appendingTo: &frame)
      try compressor.finish(appendingTo: &frame)
    } catch { fatalError("no frame to begin with: \(error)") }
    for _ in 0..<random.below(4) { Self.damage(&frame, using: &random) }
    let length = (0..<4).map { UInt8(truncatingIfNeeded: content.count >> (24 - 8 * $0)) }
    return (0..<8).map { _ in random.byte() } + length + content + frame
  }

  /// Mostly small, with runs that compress; sometimes several blocks.
  private static func content(using random: inout SeededGenerator) -> [UInt8] {
    let count = random.chance(400) ? 60_000 + random.below(200_000) : random.below(600)
    var content: [UInt8] = []
    while content.count < count {
      let start = content.isEmpty ? 0 : random.below(content.count)
      let again = content[start...].prefix(random.below(60))
      content += random.chance(3) ? (0..<random.below(40)).map { _ in random.byte() } : Array(again)
    }
    return content
  }

  private static func damage(_ frame: inout [UInt8], using random: inout SeededGenerator) {
    switch random.below(9) {
    case 0: random.chance(2) ? makeSkippable(&frame) : removeChecksum(&frame)
    // The header: its checksum is one byte, so that one wrong header in 256 gets through.
    case 1, 2: if frame.count > 7 { for index in [4, 5, 6] { frame[index] = random.byte() } }
    case 3: frame += frame
    case 4:
      // The word with a block's length, of which the first stands behind the header.
      if frame.count > 11 { frame[7 + random.below(4)] = random.pick([0, 0x7F, 0x80, 0xFF]) }
    default: Mutation.mutate(&frame, words: [Array(frame.suffix(8))], using: &random)
    }
  }

  /// The format knows frames that a reader skips; the length of what they hold follows their first word.
  private static func makeSkippable(_ frame: inout [UInt8]) {
    guard frame.count >= 8 else { return }
    let length = frame.count - 8
    frame.replaceSubrange(0..<4, with: [0x50, 0x2A, 0x4D, 0x18])
    frame.replaceSubrange(4..<8, with: (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
  }

  /// The header says whether a checksum of the content follows the end mark. Its own checksum is made to fit.
  private static func removeChecksum(_ frame: inout [UInt8]) {
    guard frame.count > 15, frame[4..<7].elementsEqual([0x64, 0x40, 0xA7]) else { return }
    frame.replaceSubrange(4..<7, with: [0x60, 0x40, 0x82])
    frame.removeLast(4)
  }

  package mutating func check(_ input: [UInt8]) throws(FuzzFinding) {
    guard input.count >= Self.prefix else { return }
    let seed = input[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let length = input[8..<12].reduce(0) { $0 << 8 | Int($1) }
    guard length <= input.count - Self.prefix else { return }
    let content = input[Self.prefix...].prefix(length)
    let frame = Array(input[(Self.prefix + length)...])
    var random = SeededGenerator(seed: seed)
    let result: Result<[UInt8], FuzzFinding>
    do throws(LZ4FrameError) { result = try decompress(frame, using: &random) } catch { return }
    let output = try result.get()
    // Frames one after the other are as many contents; three doublings make eight.
    guard (1...8).contains(where: { output.elementsEqual(repeatElement(content, count: $0).joined()) }) else {
      throw FuzzFinding("\(output.count) bytes that are not the \(content.count) of the content, and no error")
    }
  }

  private func decompress(
    _ frame: [UInt8], using random: inout SeededGenerator
  ) throws(LZ4FrameError) -> Result<[UInt8], FuzzFinding> {
    let limit = random.chance(2) ? 1 << 16 : 1 + random.below(500)
    let pieceLimit = random.chance(2) ? max(1, frame.count) : 1 + random.below(64)
    var decompressor = try LZ4FrameDecompressor()
    var output: [UInt8] = []
    var rest = frame[...]
    while true {
      let piece = rest.prefix(pieceLimit)
      let before = output.count
      let step = try memory.holding(piece) { bytes throws(LZ4FrameError) in
        try decompressor.decompress(bytes, appendingTo: &output, limit: limit)
      }
      rest = rest.dropFirst(step.consumed)
      guard step.appended <= limit, step.appended == output.count - before, step.consumed <= piece.count else {
        return .failure(FuzzFinding("\(step), with a limit of \(limit) and a piece of \(piece.count)"))
      }
      // LZ4 makes at most 255 bytes of one.
      guard output.count <= frame.count * 255 + limit else {
        return .failure(FuzzFinding("\(output.count) bytes out of \(frame.count)"))
      }
      if rest.isEmpty, step.appended < limit { break }
      guard step.consumed > 0 || step.appended > 0 else {
        return .failure(FuzzFinding("nothing taken and nothing given, with \(rest.count) bytes left"))
      }
    }
    try decompressor.finish()
    return .success(output)
  }
}
