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
    var reader = SQLTokenReader(statement)
    while reader.next() {}
    return withSigns(reader.tokens)
  }

  private static let opening: Set<String> = [
    "(", ",", "[", "then", "else", "and", "or", "when", "select", "by", "limit",
  ]

  /// A minus in front of a number, where no value stands before it.
  private static func withSigns(_ tokens: [SQLToken]) -> [SQLToken] {
    var signed = tokens
    for (index, token) in tokens.enumerated() {
      guard token.kind == .operator, token.text == "-", index + 1 < tokens.count, tokens[index + 1].kind == .number
      else { continue }
      if index + 2 < tokens.count, tokens[index + 2].text == "::" { continue }
      let before = index > 0 ? tokens[index - 1].text : "("
      // `OPERATOR(pg_catalog.=) -1`
      let isBehindOperator =
        before == ")" && index > 5 && tokens[index - 2].kind == .operator && tokens[index - 6].text == "operator"
      if opening.contains(before) || isBehindOperator { signed[index] = SQLToken(kind: .sign, text: "-") }
    }
    return signed
  }
}
