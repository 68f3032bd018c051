/// A pair of types, the source's and the target's, with everything that the generator and the model must know of it.
///
/// Values are texts, as the servers print them in UTC. What the target makes of a source's value is worked out here, by
/// hand, and not by the casts and conditions of the engine.
struct ColumnType: Sendable {
  /// As SQL; the types that the schema makes for itself are named with `{schema}`.
  let source: String
  let target: String
  /// A value that goes in.
  let clean: @Sendable (inout SeededGenerator) -> String
  /// Values of the source's type that the target's cannot hold.
  var dirty: [String] = []
  /// The text that the target will show for a value that the source shows; `nil`: it does not fit.
  var held: @Sendable (String) -> String? = { $0 }
  /// The `n`th of many different values, for keys; `nil`: no type for keys.
  var key: (@Sendable (Int) -> String)?
  /// Another spelling of a value, which is the same key and looks different.
  var alias: (@Sendable (String) -> String)?
  /// What two spellings of the same key have in common. Takes a text as the target shows it.
  var identity: @Sendable (String) -> String = { $0 }

  /// A value for a column that must have another one in every row, were it only because of a unique index.
  func fresh(_ number: Int) -> String { key?(10_000 + number) ?? "" }
}

/// Decimal numbers as texts.
enum Decimal {
  /// With exactly `scale` decimals, if the number has no more than that and fits the precision.
  static func fitted(_ text: String, precision: Int, scale: Int) -> String? {
    if text == "NaN" { return text }
    let (sign, whole, decimals) = parts(text)
    guard decimals.count <= scale, whole.count <= precision - scale else { return nil }
    let padded = decimals + String(repeating: "0", count: scale - decimals.count)
    let shown = whole.isEmpty ? "0" : whole
    return sign + (scale == 0 ? shown : "\(shown).\(padded)")
  }

  /// Without zeros at the end.
  static func reduced(_ text: String) -> String {
    if text == "NaN" { return text }
    let (sign, whole, decimals) = parts(text)
    return sign + (whole.isEmpty ? "0" : whole) + (decimals.isEmpty ? "" : ".\(decimals)")
  }

  /// Sign, digits before the point without zeros in front, digits behind it without zeros at the end.
  private static func parts(_ text: String) -> (sign: String, whole: String, decimals: String) {
    let sign = text.hasPrefix("-") ? "-" : ""
    let halves = text.dropFirst(sign.count).split(separator: ".", omittingEmptySubsequences: false)
    var decimals = halves.count > 1 ? String(halves[1]) : ""
    while decimals.last == "0" { decimals.removeLast() }
    return (sign, String(halves[0].drop { $0 == "0" }), decimals)
  }
}

/// Texts as PostgreSQL counts them: by code points.
enum Characters {
  static func count(_ text: String) -> Int { text.unicodeScalars.count }

  static func prefix(_ text: String, _ count: Int) -> String {
    var result = String.UnicodeScalarView()
    result.append(contentsOf: text.unicodeScalars.prefix(count))
    return String(result)
  }

  /// Without the blanks at the end, which mean nothing in a `char(n)`.
  static func trimmed(_ text: String) -> String {
    var scalars = text.unicodeScalars
    while scalars.last == " " { scalars.removeLast() }
    return String(scalars)
  }

  /// As a `char(n)` holds it.
  static func padded(_ text: String, _ length: Int) -> String? {
    let trimmed = trimmed(text)
    guard count(trimmed) <= length else { return nil }
    return trimmed + String(repeating: " ", count: length - count(trimmed))
  }
}
