/// Cuts a statement into tokens, byte by byte as the server does: a byte of a character that is not ASCII is a letter.
///
/// On bytes and with loops also because every statement of every test goes through it, in a debug build.
struct SQLTokenReader {
  private(set) var tokens: [SQLToken] = []
  private let bytes: [UInt8]
  private var position = 0

  init(_ statement: String) { bytes = Array(statement.utf8) }

  /// `false` at the end.
  mutating func next() -> Bool {
    guard position < bytes.count else { return false }
    let first = bytes[position]
    let second = byte(position + 1)
    if Self.isBlank(first) {
      position += 1
    } else if Self.isLetter(first), first != 0x45 && first != 0x65 || second != UInt8(ascii: "'") {
      word()
    } else if first == UInt8(ascii: "-") && second == first || begins(Self.pragma) {
      position = end(from: position) { $0 != 0x0A && $0 != 0x0D }
    } else if first == UInt8(ascii: "/"), second == UInt8(ascii: "*") {
      skipComment()
    } else if first == UInt8(ascii: "'") {
      string(escapes: false)
    } else if Self.isLetter(first) {
      position += 1
      string(escapes: true)
    } else if first == UInt8(ascii: "\"") {
      quotedName()
    } else if first == UInt8(ascii: "$") {
      dollar()
    } else if Self.isDigit(first) {
      number()
    } else if Self.isOperator(first) {
      add(.operator, to: end(from: position, while: Self.isOperator))
    } else {
      let isPair = Self.pairs.contains { begins($0) }
      add(.symbol, to: position + (isPair ? 2 : 1))
    }
    return true
  }

  // MARK: - Characters

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte == 0x5F || byte >= 0x80
  }

  private static func isInTag(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

  private static func isInWord(_ byte: UInt8) -> Bool { isInTag(byte) || byte == 0x24 }

  private static let operatorCharacters = Array("+-*/<>=~!@#%^&|`?".utf8)

  private static func isOperator(_ byte: UInt8) -> Bool { operatorCharacters.contains(byte) }

  private static let pairs = ["::", ":=", ".."].map { Array($0.utf8) }
  private static let endOfComment = Array("*/".utf8)
  /// PL/pgSQL's, which ends with its line.
  private static let pragma = Array("#variable_conflict".utf8)

  // MARK: - Places

  private func byte(_ place: Int) -> UInt8? { place < bytes.count ? bytes[place] : nil }

  private func begins(_ text: [UInt8], at place: Int? = nil) -> Bool {
    let start = place ?? position
    guard bytes[start] == text[0], start + text.count <= bytes.count else { return false }
    return Array(bytes[start..<start + text.count]) == text
  }

  private func end(from start: Int, while belongs: (UInt8) -> Bool) -> Int {
    var end = start
    while end < bytes.count, belongs(bytes[end]) { end += 1 }
    return end
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  // MARK: - Tokens

  private mutating func add(_ kind: SQLToken.Kind, to end: Int) {
    tokens.append(SQLToken(kind: kind, text: text(position..<end)))
    position = end
  }

  private mutating func word() {
    let end = end(from: position, while: Self.isInWord)
    tokens.append(SQLToken(kind: .word, text: text(position..<end).lowercased()))
    position = end
  }

  /// `1`, `2.5`, `1e9`, `2.5e-324`. Of `1..20`, the dots are no part.
  private mutating func number() {
    var end = end(from: position, while: Self.isDigit)
    if byte(end) == UInt8(ascii: "."), byte(end + 1).map(Self.isDigit) ?? false {
      end = self.end(from: end + 1, while: Self.isDigit)
    }
    if byte(end) == UInt8(ascii: "e") || byte(end) == UInt8(ascii: "E") {
      end += byte(end + 1) == UInt8(ascii: "-") || byte(end + 1) == UInt8(ascii: "+") ? 2 : 1
      end = self.end(from: end, while: Self.isDigit)
    }
    add(.number, to: end)
  }

  private mutating func skipComment() {
    position += 2
    while position < bytes.count, !begins(Self.endOfComment) { position += 1 }
    position = min(position + 2, bytes.count)
  }

  private mutating func string(escapes: Bool) {
    position += 1
    while let byte = byte(position) {
      position += 1
      if escapes, byte == UInt8(ascii: "\\") {
        position += 1
      } else if byte == UInt8(ascii: "'") {
        guard self.byte(position) == byte else { break }
        position += 1
      }
    }
    tokens.append(SQLToken(kind: .string, text: "'…'"))
  }

  private mutating func quotedName() {
    var name: [UInt8] = []
    position += 1
    while let byte = byte(position) {
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard self.byte(position) == byte else { break }
        position += 1
      }
      name.append(byte)
    }
    tokens.append(SQLToken(kind: .quoted, text: String(decoding: name, as: UTF8.self)))
  }

  private mutating func dollar() {
    let digits = end(from: position + 1, while: Self.isDigit)
    if digits > position + 1 { return add(.parameter, to: digits) }
    let tag = end(from: position + 1, while: Self.isInTag)
    guard byte(tag) == UInt8(ascii: "$") else { return add(.symbol, to: position + 1) }
    let quote = Array(bytes[position...tag])
    var end = tag + 1
    while end < bytes.count, !begins(quote, at: end) { end += 1 }
    guard end < bytes.count else { return add(.symbol, to: position + 1) }
    tokens.append(SQLToken(kind: .code, text: text(tag + 1..<end)))
    position = end + quote.count
  }
}
