import Testing

@testable import TerminalProgress

@Suite struct HumanFormatTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (92_387, "92,387"), (-1_234_567, "-1,234,567"),
    (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func `counts have thousands separators`(value: Int, text: String) { #expect(HumanFormat.count(value) == text) }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (99_949_999, "99.9 MB"),
    (99_950_000, "100 MB"), (999_499_999, "999 MB"), (999_500_000, "1.0 GB"), (Int.max, "9.2 EB"),
  ])
  func `bytes have decimal units`(value: Int, text: String) { #expect(HumanFormat.bytes(value) == text) }

  @Test(arguments: [
    (0.0, "0.00 s"), (-3, "0.00 s"), (0.42, "0.42 s"), (9.994, "9.99 s"), (9.996, "10.0 s"), (59.94, "59.9 s"),
    (59.96, "1 min 00 s"), (72, "1 min 12 s"), (3599.6, "1 h 00 min"), (7500, "2 h 05 min"),
    (360_000, "100 h 00 min"),
  ])
  func `durations are as exact as they are short`(seconds: Double, text: String) {
    #expect(HumanFormat.duration(.seconds(seconds)) == text)
  }

  @Test(arguments: [
    (0.0, "0 rows/s"), (9_123.4, "9,123 rows/s"), (123_456, "123,000 rows/s"), (99_960, "100,000 rows/s"),
    (.nan, "0 rows/s"),
  ])
  func `rates are rounded to what can be read`(perSecond: Double, text: String) {
    #expect(HumanFormat.rate(perSecond, unit: "rows") == text)
  }

  @Test func `numbers that fit nowhere do no harm`() {
    #expect(HumanFormat.rate(.infinity, unit: "rows").hasSuffix(" rows/s"))
    #expect(HumanFormat.byteRate(-1) == "0 B/s")
    #expect(HumanFormat.rate(5, over: .zero, unit: "rows") == nil)
    #expect(HumanFormat.rate(500, over: .milliseconds(500), unit: "rows") == "1,000 rows/s")
    #expect(HumanFormat.percent(0.999) == "99%")
    #expect(HumanFormat.percent(.nan) == "0%")
  }
}
