/// A whole number and what follows it.
enum NumberWithUnit {
  static func split(_ text: String) -> (number: Int, unit: Substring)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return (number, text[digits.endIndex...].drop { $0 == " " })
  }
}
