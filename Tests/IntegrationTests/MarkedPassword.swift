/// A password that nobody could write by accident, full of characters that break strings. Each of its pieces between
/// these characters begins with the mark, so that a part of it, and any quoted or encoded form, is found by the mark
/// alone.
enum MarkedPassword {
  static let mark = "Zq7x"

  static let plain =
    [
      "a", "'b", #"\c"#, "@d", "/e", ":f", "%g", " h", "?i", "#j", "&k", "=l", #""m"#, "$n", "{o", "}p", "`q", "é",
    ].map { piece in
      let sign = piece.prefix { !$0.isASCII || !$0.isLetter }
      return "\(sign)\(mark)\(piece.dropFirst(sign.count))"
    }.joined()

  /// In a URI: everything but letters and digits as %XX.
  static let inURI = plain.utf8.map { byte in
    let scalar = Unicode.Scalar(byte)
    if scalar.isASCII, scalar.properties.isAlphabetic || scalar.properties.numericType != nil { return "\(scalar)" }
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.count == 1 ? "0" : "") + digits
  }.joined()

  /// Among keywords, in libpq's quotes.
  static let inKeywords = "'\(escaped(plain, "\\'"))'"

  /// In a password file.
  static let inPasswordFile = escaped(plain, "\\:")

  /// A text in YAML's single quotes, with the `$` that ours doubles.
  static func yaml(_ connection: String) -> String {
    "'\(connection.replacing("$", with: "$$").replacing("'", with: "''"))'"
  }

  private static func escaped(_ text: String, _ signs: String) -> String {
    text.map { signs.contains($0) ? "\\\($0)" : "\($0)" }.joined()
  }
}
