import ArgumentParser
import FoundationEssentials
import Logging
import Synchronization
import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct LogLineTests {
  private static let line = LogLine(
    time: Date(timeIntervalSince1970: 1_700_000_000.25), level: .warning, message: #"jobs: say "no"\#n"#,
    fields: [
      "event": "retrying", "table": "jobs", "attempt": .stringConvertible(2), "seconds": .stringConvertible(0.5),
      "encrypted": .stringConvertible(false), "key": .array(["a", "b"]),
    ])

  @Test func `a JSON line begins with time, level, event and message, and keeps numbers and lists`() {
    #expect(
      Self.line.json
        == #"{"time":"2023-11-14T22:13:20.250Z","level":"warning","event":"retrying","message":"jobs: say \"no\"\n","#
        + #""attempt":2,"encrypted":false,"key":["a","b"],"seconds":0.5,"table":"jobs"}"#)
  }

  @Test func `a text line has the level in front and the fields behind`() {
    #expect(
      Self.line.text
        == "warning: jobs: say \"no\"\n (attempt=2, encrypted=false, key=[\"a\", \"b\"], seconds=0.5)")
  }

  @Test(arguments: ["\u{0}\u{1F}\u{7F}", "\\\"/", "ünï\u{1F600}", "\r\n\t", "\u{2028}"])
  func `any text comes back from JSON as it was`(text: String) throws {
    let decoded = try JSONDecoder().decode([String].self, from: Data("[\(JSONText.string(text))]".utf8))
    #expect(decoded == [text])
  }

  /// What a command with these options logs of one event of each level.
  private func levels(_ arguments: String..., debug: Bool = false, quiet: Bool = false) throws -> [String] {
    let written = Mutex<[String]>([])
    let log = try LogOptions.parse(arguments).commandLog(
      debug: debug, quiet: quiet,
      output: LogOutput { line in written.withLock { $0.append(line) } })
    for level in Logger.Level.allCases where level != .critical { log.logger.log(level: level, "\(level)") }
    return written.withLock(\.self).map { line in
      Logger.Level.allCases.first { line.contains("\"level\":\"\($0)\"") || line.hasPrefix("\($0): ") }?.rawValue ?? ""
    }
  }

  @Test func `text shows warnings unless told otherwise, and leaves failures to the report`() throws {
    #expect(try levels() == ["warning"])
    #expect(try levels(quiet: true) == [])
    #expect(try levels("--log-level", "warning") == ["warning", "error"])
    #expect(try levels("--log-level", "debug") == ["debug", "info", "notice", "warning", "error"])
  }

  @Test func `JSON shows everything from info on unless told otherwise`() throws {
    let json = ["--log-format", "json"]
    #expect(try levels(json[0], json[1]) == ["info", "notice", "warning", "error"])
    #expect(try levels(json[0], json[1], quiet: true) == ["error"])
    #expect(try levels(json[0], json[1], debug: true).first == "trace")
    #expect(try levels(json[0], json[1], "--log-level", "notice", quiet: true) == ["notice", "warning", "error"])
  }

  @Test func `lines go to whoever draws, and to the error output again afterwards`() {
    let written = Mutex<[String]>([])
    let output = LogOutput { line in written.withLock { $0.append(line) } }
    output.write("a")
    output.divert { line in written.withLock { $0.append("drawn \(line)") } }
    output.write("b")
    output.restore()
    output.write("c")
    #expect(written.withLock(\.self) == ["a", "drawn b", "c"])
  }

  @Test(arguments: [
    (true, Logger.Level?.none, ["other"]), (false, nil, ["warned", "other"]),
    (true, Logger.Level.warning, ["warned", "other"]),
  ])
  func `warnings that the report says on the same screen are not logged as text, unless a level is asked for`(
    isReportSeen: Bool, level: Logger.Level?, seen: [String]
  ) {
    let written = Mutex<[String]>([])
    let output = LogOutput { line in written.withLock { $0.append(line) } }
    let log = CommandLog(format: .text, level: level, isReportSeen: isReportSeen, output: output)
    for event in ["warned", "other"] { log.logger.warning("\(event)", metadata: ["event": "\(event)"]) }
    #expect(
      written.withLock { lines in seen.map { event in lines.contains { $0.contains(event) } } }
        == seen.map { _ in true })
    #expect(written.withLock(\.count) == seen.count)
  }
}
