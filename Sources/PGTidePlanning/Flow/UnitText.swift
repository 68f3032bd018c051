/// Sizes as people write them: `65536`, `64KiB`, `16 MB`.
package enum ByteSize {
  /// Bytes; `nil` when the text is no size. `kB`, `MB` and `GB` are powers of 1000, `KiB`, `MiB` and `GiB` of 1024.
  package static func parse(_ text: String) -> Int? {
    let units = [
      "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
    ]
    guard let (number, unit) = NumberWithUnit.split(text), let factor = units[unit.lowercased()] else { return nil }
    let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
    return overflows ? nil : bytes
  }
}

/// Durations as people write them: `500ms`, `10s`, `5min`, `1h`.
package enum DurationText {
  /// `nil` when the text is no duration; a bare number is none, because it does not say of what.
  package static func parse(_ text: String) -> Duration? {
    guard let (number, unit) = NumberWithUnit.split(text), number <= 1_000_000_000 else { return nil }
    switch unit.lowercased() {
    case "ms": return .milliseconds(number)
    case "s": return .seconds(number)
    case "min": return .seconds(number * 60)
    case "h": return .seconds(number * 3600)
    default: return nil
    }
  }
}

/// A whole number and what follows it.
private enum NumberWithUnit {
  static func split(_ text: String) -> (number: Int, unit: Substring)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { return nil }
    return (number, text[digits.endIndex...].drop { $0 == " " })
  }
}
