/// Takes comments and the texts of literals out of Swift code. What is interpolated into a text is code, and stays.
struct SwiftCode {
  private let bytes: [UInt8]
  private var place = 0
  private var code: [UInt8] = []

  static func withoutTexts(_ text: String) -> [UInt8] {
    var reader = SwiftCode(bytes: Array(text.utf8))
    reader.readCode(isInterpolated: false)
    return reader.code
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func has(_ text: StaticString, at place: Int? = nil) -> Bool {
    let text = Array("\(text)".utf8)
    return bytes[min(place ?? self.place, bytes.count)...].starts(with: text)
  }

  /// Up to the end, or to the parenthesis that ends an interpolation.
  private mutating func readCode(isInterpolated: Bool) {
    var depth = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "/") where has("//"):
        while place < bytes.count, bytes[place] != UInt8(ascii: "\n") { place += 1 }
      case UInt8(ascii: "/") where has("/*"): skipComment()
      case UInt8(ascii: "\""): readText(hashes: 0)
      case UInt8(ascii: "#"):
        let hashes = bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
        place += hashes
        if has("\"") { readText(hashes: hashes) }
      case let byte:
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") { depth -= 1 }
        if isInterpolated, depth < 0 { return }
        code.append(byte)
        place += 1
      }
    }
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if has("/*") {
        depth += 1
        place += 2
      } else if has("*/") {
        depth -= 1
        place += 2
      } else {
        place += 1
      }
    } while depth > 0 && place < bytes.count
    code.append(UInt8(ascii: " "))
  }

  /// A literal of one or of several lines, from its first quotation mark on.
  private mutating func readText(hashes: Int) {
    let quotes = has("\"\"\"") ? 3 : 1
    place += quotes
    let end = Array(repeating: UInt8(ascii: "\""), count: quotes) + Array(repeating: UInt8(ascii: "#"), count: hashes)
    let escape = [UInt8(ascii: "\\")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
    code.append(UInt8(ascii: " "))
    while place < bytes.count {
      if bytes[place...].starts(with: end) {
        place += end.count
        return
      }
      guard bytes[place...].starts(with: escape) else {
        place += 1
        continue
      }
      place += escape.count
      let isInterpolation = has("(")
      place += 1
      if isInterpolation {
        code.append(UInt8(ascii: " "))
        readCode(isInterpolated: true)
        code.append(UInt8(ascii: " "))
        place += 1
      }
    }
  }
}
