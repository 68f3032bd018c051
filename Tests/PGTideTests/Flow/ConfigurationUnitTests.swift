import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct ConfigurationUnitTests {
  @Test(arguments: [
    ("0", 0), ("65536", 65_536), ("512B", 512), ("10kB", 10_000), ("10 kB", 10_000), ("1MB", 1_000_000),
    ("2GB", 2_000_000_000), ("64KiB", 65_536), ("16MiB", 16_777_216), ("1 GiB", 1_073_741_824), ("16mib", 16_777_216),
    ("9223372036854775807", Int.max),
  ])
  func `sizes are read with their units`(text: String, bytes: Int) { #expect(ByteSize.parse(text) == bytes) }

  @Test(arguments: [
    "", "MiB", "-1", "+1", "1.5MiB", "16 MiB MiB", "16M", "16TiB", "１６", "0x10", "9223372036854775808",
    "9223372036854775807KiB", " 1",
  ])
  func `what is no size is none`(text: String) { #expect(ByteSize.parse(text) == nil) }

  @Test(arguments: [
    ("0s", Duration.zero), ("500ms", .milliseconds(500)), ("10s", .seconds(10)), ("10 s", .seconds(10)),
    ("5min", .seconds(300)), ("1h", .seconds(3600)), ("2H", .seconds(7200)), ("30d", .seconds(2_592_000)),
  ])
  func `durations are read with their units`(text: String, duration: Duration) {
    #expect(DurationText.parse(text) == duration)
  }

  @Test(arguments: ["", "10", "s", "-1s", "1.5s", "10m", "1w", "10s 5ms", "1000000001s", "99999999999999999999s"])
  func `what is no duration is none, a bare number among it`(text: String) { #expect(DurationText.parse(text) == nil) }

  @Test(arguments: [
    ("yes", true), ("true", true), ("on", true), ("True", true), ("no", false), ("false", false), ("off", false),
  ])
  func `a switch takes the words that people use`(word: String, value: Bool) throws {
    let text = ConfigurationSample.head + "defaults: {analyze: \(word)}\ntables: [jobs]"
    #expect(try ConfigurationSample.read(text).settings.analyze == value)
  }
}
