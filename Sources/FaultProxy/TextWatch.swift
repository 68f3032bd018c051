import Glibc

/// Finds texts in a stream that comes in pieces.
struct TextWatch {
  private let texts: [(name: String, bytes: [UInt8])]
  /// The end of what came before, one byte shorter than the longest text: no text is found twice.
  private var tail: [UInt8] = []

  init(_ texts: [String]) {
    self.texts = texts.map { ($0, Array($0.utf8)) }
  }

  /// The texts that end in this piece, in their order.
  mutating func find(in piece: [UInt8]) -> [String] {
    guard let longest = texts.map(\.bytes.count).max() else { return [] }
    let known = tail.count
    let stream = tail + piece
    var found: [(end: Int, name: String)] = []
    for (name, bytes) in texts {
      for end in ends(of: bytes, in: stream) where end > known { found.append((end, name)) }
    }
    tail = Array(stream.suffix(longest - 1))
    return found.sorted { $0.end < $1.end }.map(\.name)
  }

  /// With `memchr` and `memcmp`: comparing in Swift took a seventh of the fault suite's time, which is built for
  /// debugging.
  private func ends(of text: [UInt8], in stream: [UInt8]) -> [Int] {
    guard let first = text.first else { return [] }
    var ends: [Int] = []
    unsafe stream.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var start = 0
      while start + text.count <= bytes.count,
        let place = unsafe memchr(base + start, Int32(first), bytes.count - text.count - start + 1)
      {
        let offset = unsafe UnsafeRawPointer(place) - base
        if unsafe memcmp(place, text, text.count) == 0 { ends.append(offset + text.count) }
        start = offset + 1
      }
    }
    return ends
  }
}
