/// Text for one line of a terminal, in pieces that each have a style.
struct StyledText: Equatable {
  enum Style: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  private(set) var pieces: [Piece] = []

  struct Piece: Equatable {
    var text: String
    var style: Style
  }

  init(_ text: String = "", _ style: Style = .plain) { append(text, style) }

  /// Columns of the terminal that it takes.
  var width: Int { pieces.reduce(0) { $0 + $1.text.terminalWidth } }

  /// Without any style.
  var plain: String { pieces.map(\.text).joined() }

  mutating func append(_ text: String, _ style: Style = .plain) {
    guard !text.isEmpty else { return }
    if let last = pieces.last, last.style == style {
      pieces[pieces.count - 1].text += text
    } else {
      pieces.append(Piece(text: text, style: style))
    }
  }

  mutating func append(_ other: StyledText) {
    for piece in other.pieces { append(piece.text, piece.style) }
  }

  var withoutTrailingSpaces: StyledText {
    var result = self
    while let last = result.pieces.popLast() {
      let spaces = last.text.reversed().prefix { $0 == " " }.count
      result.append(String(last.text.dropLast(spaces)), last.style)
      if spaces < last.text.count { break }
    }
    return result
  }

  /// With spaces after it, or before it, up to `width` columns.
  func padded(to width: Int, rightAligned: Bool = false) -> StyledText {
    let spaces = String(repeating: " ", count: max(0, width - self.width))
    var padded = StyledText(rightAligned ? spaces : "")
    padded.append(self)
    if !rightAligned { padded.append(spaces) }
    return padded
  }

  /// Cut to `width` columns, with … at the end if anything was cut.
  func truncated(to width: Int) -> StyledText {
    guard self.width > width else { return self }
    var result = StyledText()
    var room = width - 1
    guard room >= 0 else { return result }
    for piece in pieces {
      let text = piece.text.prefix(terminalWidth: room)
      result.append(text, piece.style)
      room -= text.terminalWidth
      if text != piece.text { break }
    }
    result.append("…", result.pieces.last?.style ?? .plain)
    return result
  }

  /// With ANSI escapes if `color`, and reset after each styled piece.
  func rendered(color: Bool) -> String {
    guard color else { return plain }
    return pieces.map { $0.style == .plain ? $0.text : "\u{1B}[\($0.style.rawValue)m\($0.text)\u{1B}[0m" }.joined()
  }
}

extension StringProtocol {
  /// Columns of a terminal: two for East Asian wide characters and most emoji, one for the others.
  var terminalWidth: Int { reduce(0) { $0 + $1.terminalWidth } }

  /// As many characters from the start as fit into `width` columns.
  func prefix(terminalWidth width: Int) -> String {
    var room = width
    return String(
      prefix {
        room -= $0.terminalWidth
        return room >= 0
      })
  }

  /// Each control character (line ends and escapes among them) as a space, so that it cannot move the cursor.
  var withoutControls: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

extension Character {
  fileprivate var terminalWidth: Int {
    guard let scalar = unicodeScalars.first, scalar.value >= 0x1100 else { return 1 }
    return switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
