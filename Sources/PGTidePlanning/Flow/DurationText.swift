/// Durations as people write them: `500ms`, `10s`, `5min`, `1h`, `30d`.
package enum DurationText {
  /// `nil` when the text is no duration; a bare number is none, because it does not say of what.
  package static func parse(_ text: String) -> Duration? {
    guard let (number, unit) = NumberWithUnit.split(text), number <= 1_000_000_000 else { return nil }
    switch unit.lowercased() {
    case "ms": return .milliseconds(number)
    case "s": return .seconds(number)
    case "min": return .seconds(number * 60)
    case "h": return .seconds(number * 3600)
    case "d": return .seconds(number * 24 * 3600)
    default: return nil
    }
  }

  /// Seconds in the largest unit in which they are whole.
  package static func write(_ seconds: Int) -> String {
    for (unit, length) in [("d", 24 * 3600), ("h", 3600), ("min", 60)] where seconds > 0 && seconds % length == 0 {
      return "\(seconds / length)\(unit)"
    }
    return "\(seconds)s"
  }
}
