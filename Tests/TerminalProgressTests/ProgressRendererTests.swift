import Testing

@testable import TerminalProgress

@Suite struct ProgressRendererTests {
  private let start = ContinuousClock.now

  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  /// One task done, one half way, one of unknown size, one that waits.
  private var sample: ProgressState {
    var state = ProgressState(start: start)
    for name in ["teams", "jobtasks", "notes", "photos"] { state.expect(name) }
    state.begin("teams", totalUnits: 10, totalBytes: nil, at: start)
    state.begin("jobtasks", totalUnits: 64_542, totalBytes: nil, at: start)
    state.begin("notes", totalUnits: nil, totalBytes: nil, at: start)
    state.update("teams", phase: "reading", completedUnits: 10, bytes: 500, at: at(0.5))
    state.update("jobtasks", phase: "reading", completedUnits: 32_271, bytes: 9_520_000, at: at(2))
    state.update("notes", phase: "merging", completedUnits: 1_200, bytes: 0, at: at(2))
    state.finish("teams", line: "10 rows in 0.50 s", style: .success)
    return state
  }

  private func lines(
    _ state: ProgressState, columns: Int = 120, rows: Int? = nil, seconds: Double = 2
  ) -> [String] {
    ProgressRenderer().lines(state, columns: columns, rows: rows, now: at(seconds)).map(\.plain)
  }

  @Test func `each task has a line, and all of them one at the bottom`() {
    let expected = """
      ✓ teams     10 rows in 0.50 s
      ⠋ jobtasks  reading  ━━━━━━━━━━━━────────────  50%  32,271/64,542 rows  9.5 MB  16,100 rows/s  2 s left
      ⠋ notes     merging  ─━━━━━━─────────────────               1,200 rows             600 rows/s
      · photos
      1/4 tasks  33,481 rows  16,700 rows/s  9.5 MB  2.00 s
      """
    #expect(lines(sample).joined(separator: "\n") == expected)
  }

  @Test func `no line reaches the last column, however narrow the terminal`() {
    for columns in 1...130 {
      for line in lines(sample, columns: columns) {
        #expect(line.terminalWidth <= max(1, columns - 1), "\(columns) columns: \(line)")
      }
    }
  }

  @Test func `a narrow terminal keeps what is needed most`() {
    #expect(lines(sample, columns: 60)[1].hasPrefix("⠋ jobtasks  reading  ━"))
    #expect(lines(sample, columns: 60)[1].hasSuffix("50%  32,271/64,542 rows"))
    #expect(lines(sample, columns: 34)[1] == "⠋ jobtasks  32,271/64,542 rows")
    #expect(lines(sample, columns: 20)[1] == "⠋ jobtasks")
  }

  @Test func `where rows are too few the active tasks come first and a line sums up the others`() {
    var state = ProgressState(start: start)
    for index in 1...20 { state.expect("table\(index)") }
    for index in 1...12 { state.begin("table\(index)", totalUnits: nil, totalBytes: nil, at: start) }
    for index in 1...10 { state.finish("table\(index)", line: "done", style: index == 3 ? .failure : .success) }
    let shown = lines(state, rows: 7)
    #expect(shown.count == 7)
    #expect(shown[0].hasPrefix("⠋ table11"))
    #expect(shown[1].hasPrefix("⠋ table12"))
    #expect(shown[2] == "✗ table3   done")
    #expect(shown[3] == "✓ table9   done")
    #expect(shown[4] == "✓ table10  done")
    #expect(shown[5] == "  … 15 more: 7 done, 8 waiting")
    #expect(shown[6].hasPrefix("10/20 tasks"))
    for rows in 1...30 { #expect(lines(state, rows: rows).count <= max(2, rows)) }
  }

  @Test func `an estimate that was too low is no longer shown`() {
    var state = ProgressState(start: start)
    state.begin("jobs", totalUnits: 100, totalBytes: nil, at: start)
    state.update("jobs", phase: "reading", completedUnits: 150, bytes: 0, at: at(1))
    #expect(!lines(state)[0].contains("%"))
    #expect(lines(state)[0].contains("  150 rows"))
  }

  @Test func `bytes move the bar where rows are unknown`() {
    var state = ProgressState(start: start)
    state.begin("jobs", totalUnits: nil, totalBytes: 1000, at: start)
    state.update("jobs", phase: "reading", completedUnits: 1, bytes: 250, at: at(1))
    #expect(lines(state)[0].contains("━━━━━━──────────────────  25%"))
  }

  @Test func `the rate is that of the last seconds, and falls when nothing comes`() {
    var task = TaskProgress(name: "jobs")
    task.begin(totalUnits: 10_000, totalBytes: nil, at: start)
    #expect(task.unitsPerSecond(at: at(0.1)) == nil)
    for tick in 1...100 { task.update(phase: "", completedUnits: tick, bytes: 0, at: at(Double(tick) / 10)) }
    for tick in 1...100 {
      task.update(phase: "", completedUnits: 100 + tick * 10, bytes: 0, at: at(10 + Double(tick) / 10))
    }
    let rate = task.unitsPerSecond(at: at(20)) ?? 0
    #expect(abs(rate - 100) < 1)
    #expect(task.timeLeft(at: at(20)).map { abs($0 / .seconds(1) - 89) < 1 } == true)
    #expect((task.unitsPerSecond(at: at(30)) ?? 100) < 50)
  }

  @Test func `units may start again in a new phase, and still count once`() {
    var state = ProgressState(start: start)
    state.begin("jobs", totalUnits: 100, totalBytes: nil, at: start)
    state.update("jobs", phase: "reading", completedUnits: 100, bytes: 0, at: at(1))
    state.update("jobs", phase: "merging", completedUnits: 5, bytes: 0, at: at(2))
    #expect(state.tasks[0].mostUnits == 100)
    #expect((state.tasks[0].unitsPerSecond(at: at(3)) ?? 0) >= 0)
  }

  @Test func `a task that begins again is no longer done`() {
    var state = ProgressState(start: start)
    state.begin("jobs", totalUnits: nil, totalBytes: nil, at: start)
    state.finish("jobs", line: "lost connection", style: .failure)
    state.finish("jobs", line: "lost connection", style: .failure)
    #expect(state.endedTasks == 1)
    state.begin("jobs", totalUnits: nil, totalBytes: nil, at: at(1))
    #expect(state.endedTasks == 0)
    #expect(lines(state).last?.hasPrefix("0/1 tasks") == true)
  }
}
