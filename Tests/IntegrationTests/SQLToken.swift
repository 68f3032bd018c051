/// A piece of a statement, as PostgreSQL's scanner cuts it (manual, "4.1 Lexical Structure").
struct SQLToken {
  enum Kind {
    /// A keyword or a name without quotes, in lower case.
    case word
    /// A name between double quotes.
    case quoted
    case string
    /// A string between dollar quotes.
    case code
    case number
    case parameter
    case `operator`
    /// The sign of a constant that is not cast.
    case sign
    case symbol
  }

  let kind: Kind
  let text: String

  var isName: Bool { kind == .word || kind == .quoted }

  static func read(_ statement: String) -> [SQLToken] {
    // To the server a mark that combines with a quote is a character of its own.
    let scalars = statement.unicodeScalars.map { $0.properties.isGraphemeExtend ? "x" : $0 }
    var reader = Reader(rest: Substring(String(String.UnicodeScalarView(scalars))))
    while reader.next() {}
    return withSigns(reader.tokens)
  }

  /// A minus in front of a number, where no value stands before it.
  private static func withSigns(_ tokens: [SQLToken]) -> [SQLToken] {
    tokens.indices.map { index in
      let token = tokens[index]
      guard token.kind == .operator, token.text == "-", tokens.indices.contains(index + 1),
        tokens[index + 1].kind == .number
      else { return token }
      if tokens.indices.contains(index + 2), tokens[index + 2].text == "::" { return token }
      let before = index > 0 ? tokens[index - 1] : nil
      let opens = ["(", ",", "[", "then", "else", "and", "or", "when", "select", "by", "limit"]
      // `OPERATOR(pg_catalog.=) -1`
      let isBehindOperator =
        before?.text == ")" && index > 5 && tokens[index - 2].kind == .operator && tokens[index - 6].text == "operator"
      return before.map { opens.contains($0.text) } ?? true || isBehindOperator
        ? SQLToken(kind: .sign, text: "-") : token
    }
  }

  private struct Reader {
    var rest: Substring
    var tokens: [SQLToken] = []

    private static let operatorCharacters: Set<Character> = [
      "+", "-", "*", "/", "<", ">", "=", "~", "!", "@", "#", "%", "^", "&", "|", "`", "?",
    ]

    /// `false` at the end.
    mutating func next() -> Bool {
      guard let first = rest.first else { return false }
      if first.isWhitespace {
        rest.removeFirst()
      } else if rest.hasPrefix("--") || (first == "#" && rest.hasPrefix("#variable_conflict")) {
        rest = rest.drop { !$0.isNewline }
      } else if rest.hasPrefix("/*") {
        skip(through: "*/", from: 2)
      } else if first == "'" {
        string(escapes: false)
      } else if (first == "E" || first == "e"), rest.dropFirst().first == "'" {
        rest.removeFirst()
        string(escapes: true)
      } else if first == "\"" {
        quotedName()
      } else if first == "$" {
        dollar()
      } else if first.isNumber {
        number()
      } else if first.isLetter || first == "_" {
        add(.word, rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" })
      } else if Self.operatorCharacters.contains(first) {
        add(.operator, rest.prefix { Self.operatorCharacters.contains($0) })
      } else if let pair = ["::", ":=", ".."].first(where: { rest.hasPrefix($0) }) {
        add(.symbol, rest.prefix(pair.count))
      } else {
        add(.symbol, rest.prefix(1))
      }
      return true
    }

    private mutating func add(_ kind: Kind, _ text: Substring) {
      tokens.append(SQLToken(kind: kind, text: kind == .word ? text.lowercased() : String(text)))
      rest = rest[text.endIndex...]
    }

    /// `1`, `2.5`, `1e9`, `2.5e-324`. Of `1..20`, the dots are no part.
    private mutating func number() {
      let digits = rest.prefix { $0.isNumber }
      var end = digits.endIndex
      if rest[end...].first == ".", rest[end...].dropFirst().first?.isNumber ?? false {
        end = rest[end...].dropFirst().prefix { $0.isNumber }.endIndex
      }
      if ["e", "E"].contains(rest[end...].first) {
        let sign = rest[end...].dropFirst().prefix(1).filter { $0 == "-" || $0 == "+" }.count
        end = rest[end...].dropFirst(1 + sign).prefix { $0.isNumber }.endIndex
      }
      add(.number, rest[..<end])
    }

    private mutating func skip(through end: String, from offset: Int) {
      let inside = rest.dropFirst(offset)
      rest = inside.firstRange(of: end).map { rest[$0.upperBound...] } ?? ""
    }

    private mutating func string(escapes: Bool) {
      var inside = rest.dropFirst()
      while let character = inside.first {
        inside.removeFirst()
        if escapes, character == "\\" {
          inside = inside.dropFirst()
        } else if character == "'" {
          guard inside.first == "'" else { break }
          inside.removeFirst()
        }
      }
      tokens.append(SQLToken(kind: .string, text: "'…'"))
      rest = inside
    }

    private mutating func quotedName() {
      var name = ""
      var inside = rest.dropFirst()
      while let character = inside.first {
        inside.removeFirst()
        if character == "\"" {
          guard inside.first == "\"" else { break }
          inside.removeFirst()
        }
        name.append(character)
      }
      tokens.append(SQLToken(kind: .quoted, text: name))
      rest = inside
    }

    private mutating func dollar() {
      let number = rest.dropFirst().prefix { $0.isNumber }
      if !number.isEmpty { return add(.parameter, rest[..<number.endIndex]) }
      let tag = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let quote = rest[..<tag.endIndex] + "$"
      let inside = rest.dropFirst(quote.count)
      guard let end = inside.firstRange(of: quote) else { return add(.symbol, rest.prefix(1)) }
      tokens.append(SQLToken(kind: .code, text: String(inside[..<end.lowerBound])))
      rest = rest[end.upperBound...]
    }
  }
}
