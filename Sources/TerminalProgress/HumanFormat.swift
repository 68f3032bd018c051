/// Numbers as people read them: `92,387`, `1.2 MB`, `1 min 12 s`, `124,000 rows/s`. The same in every locale.
public enum HumanFormat {
  /// With a comma after each three digits.
  public static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var grouped = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
      grouped.append(digit)
    }
    return grouped
  }

  /// `1 row`, `92,387 rows`.
  public static func rows(_ value: Int) -> String { "\(count(value)) \(value == 1 ? "row" : "rows")" }

  /// In decimal units: `512 B`, `1.2 kB`, `12.3 MB`, `123 MB`.
  public static func bytes(_ value: Int) -> String {
    guard value.magnitude >= 1000 else { return "\(value) B" }
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
    var scaled = Double(value) / 1000
    var unit = 0
    // 999.5 would be printed as 1000.
    while abs(scaled) >= 999.5, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return "\(fixed(scaled, digits: abs(scaled) < 99.95 ? 1 : 0)) \(units[unit])"
  }

  /// `0.42 s`, `12.3 s`, `1 min 12 s`, `2 h 05 min`; negative durations as zero.
  public static func duration(_ value: Duration) -> String {
    let seconds = max(0, value / .seconds(1))
    if seconds < 9.995 { return "\(fixed(seconds, digits: 2)) s" }
    if seconds < 59.95 { return "\(fixed(seconds, digits: 1)) s" }
    return wholeDuration(value)
  }

  /// A duration to come, which nobody knows to the tenth: `7 s`, `1 min 12 s`, `2 h 05 min`.
  public static func wholeDuration(_ value: Duration) -> String {
    let seconds = whole(max(0, value / .seconds(1)))
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(twoDigits(seconds % 60)) s" }
    let minutes = whole(Double(seconds) / 60)
    return "\(count(minutes / 60)) h \(twoDigits(minutes % 60)) min"
  }

  /// Units per second, rounded to three digits from 10,000 up: `9,120 rows/s`, `124,000 rows/s`.
  public static func rate(_ perSecond: Double, unit: String) -> String {
    var value = whole(max(0, perSecond))
    var step = 1
    while value / step >= 10_000 { step *= 10 }
    if value >= 10_000 {
      step *= 10
      value = whole(Double(value) / Double(step)) * step
    }
    return "\(count(value)) \(unit)/s"
  }

  /// The mean rate of `amount` units over `elapsed`. `nil`: no time has passed.
  public static func rate(_ amount: Int, over elapsed: Duration, unit: String) -> String? {
    elapsed > .zero ? rate(Double(amount) / (elapsed / .seconds(1)), unit: unit) : nil
  }

  /// Bytes per second: `12.3 MB/s`.
  public static func byteRate(_ perSecond: Double) -> String { "\(bytes(whole(max(0, perSecond))))/s" }

  /// Rounded down, so that 100 % is only said when all is done.
  public static func percent(_ fraction: Double) -> String { "\(min(100, max(0, Int(clamping: fraction * 100))))%" }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

  private static func whole(_ value: Double) -> Int { Int(clamping: value.rounded()) }

  private static func fixed(_ value: Double, digits: Int) -> String {
    guard digits > 0 else { return "\(whole(value))" }
    let scale = digits == 1 ? 10 : 100
    let scaled = whole(abs(value) * Double(scale))
    let fraction = digits == 1 ? "\(scaled % 10)" : twoDigits(scaled % 100)
    return "\(value < 0 ? "-" : "")\(scaled / scale).\(fraction)"
  }
}

extension Int {
  /// The part before the point, or the nearest that fits; 0 for what is no number.
  fileprivate init(clamping value: Double) {
    self = Int(exactly: value.rounded(.towardZero)) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
  }
}
