import ArgumentParser
import Testing

@testable import PGTide
@testable import PGTideCommand
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import PGTideTune

@Suite struct TuneTextTests {
  private let now = TuneChoice(RunSettings())
  private let better = TuneChoice(jobs: 8, chunkBytes: 65_000, bufferBytes: 1 << 20, copyFormat: .text)

  private func report(notTried: [TuneChoice] = [], notices: [String] = []) -> TuneReport {
    TuneReport(
      flow: "forward", tables: 15, rows: 92_387, isWhole: false, now: now,
      trials: [
        .init(choice: better, seconds: [0.5, 0.52, 0.6], median: 0.52, fastest: 0.5, slowest: 0.6, bytes: 11_300_000),
        .init(choice: now, seconds: [1, 1, 1.25], median: 1, fastest: 1, slowest: 1.25, bytes: 22_300_000),
      ], recommended: better, gain: 1.92, reason: "1.92 times as fast.", notTried: notTried, seconds: 12.5,
      notices: notices)
  }

  @Test func `the trials are a table, and the recommended settings can be pasted`() {
    #expect(
      TuneText(report()).text == """
        6 trials in 12.5 s, each of which staged 92,387 rows of 15 tables (a part of them).

        jobs  chunks  buffers  format  trials  median s  fastest  slowest   rows/s    moved
           8   65000     1MiB  text         3      0.52     0.50     0.60  177,667  11.3 MB  recommended
           2   16MiB   256KiB  binary       3      1.00     1.00     1.25   92,387  22.3 MB  now

        1.92 times as fast.

        defaults:
          jobs: 8
          chunk_bytes: 65000
          buffer_bytes: 1MiB
          copy_format: text
        """)
  }

  @Test func `what was not tried is told, and what takes no part`() {
    let text = TuneText(report(notTried: [now], notices: ["v takes no part: it is a view"])).text
    #expect(
      text.hasSuffix(
        """
        Not tried, or not often enough, for want of time (--budget gives more):
          - 2 jobs, chunks of 16MiB, buffers of 256KiB, binary

        Note: v takes no part: it is a view
        """))
  }

  @Test func `progress is a line each`() {
    #expect(
      TuneText.line(.sampled(tables: 1, rows: 1000, isWhole: true, seconds: 0.25))
        == "each trial stages 1,000 rows of 1 table (all of them); with the settings now that takes 0.25 s")
    #expect(
      TuneText.line(.tried(now, round: 2, rounds: 3, seconds: 0.314))
        == "round 2 of 3: 2 jobs, chunks of 16MiB, buffers of 256KiB, binary: 0.31 s")
  }

  @Test(arguments: [(65_536, "64KiB"), (16 << 20, "16MiB"), (3 << 30, "3GiB"), (65_537, "65537"), (1000, "1000")])
  func `sizes are written as the configuration takes them`(bytes: Int, text: String) {
    #expect(TuneText.size(bytes) == text)
    #expect(ByteSize.parse(text) == bytes)
  }

  @Test func `JSON has the choices under stable keys`() throws {
    let text = try ReportJSON.text(report())
    for key in ["\"recommended\"", "\"copy_format\" : \"text\"", "\"is_whole\"", "\"not_tried\"", "\"median\" : 0.52"] {
      #expect(text.contains(key), "\(key)")
    }
  }

  @Test func `every option arrives, and a wrong one is refused`() throws {
    let command = try #require(
      try RootCommand.parseAsRoot(
        ["tune", "jobs", "--exclude", "a", "--budget", "5min", "--max-jobs", "4", "--json", "-q"]) as? TuneCommand)
    #expect(command.budget == .seconds(300))
    #expect(command.maxJobs == 4)
    #expect(command.shared.tables == ["jobs"])
    for (arguments, message) in [
      (["--budget", "10"], "--budget takes a time from 1s"), (["--budget", "500ms"], "--budget takes a time from 1s"),
      (["--max-jobs", "0"], "--max-jobs takes a whole number from 1."), (["--jobs", "4"], "--jobs"),
    ] {
      let error = #expect(throws: (any Error).self) { try RootCommand.parseAsRoot(["tune"] + arguments) }
      if let error { #expect(RootCommand.message(for: error).contains(message)) }
    }
  }
}
