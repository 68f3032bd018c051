import Glibc
import Synchronization
import Testing

@testable import TerminalProgress

/// A screen that remembers what was written, and a clock that moves when told.
private final class Recorder: TerminalOutput {
  private let text = Mutex("")
  private let time = Mutex(ContinuousClock.now)
  private let ready = Mutex(true)

  var size: TerminalSize { TerminalSize(columns: 80, rows: 24) }
  var isReady: Bool {
    get { ready.withLock { $0 } }
    set { ready.withLock { $0 = newValue } }
  }
  var now: ContinuousClock.Instant { time.withLock { $0 } }

  func write(_ text: String) { self.text.withLock { $0 += text } }
  func pass(_ duration: Duration) { time.withLock { $0 += duration } }
  /// What was written since the last call.
  func take() -> String {
    text.withLock { text in
      defer { text = "" }
      return text
    }
  }

  func display(_ mode: ProgressDisplay.Mode, color: Bool = false) -> ProgressDisplay {
    ProgressDisplay(mode: mode, output: self, color: color, now: { self.now })
  }
}

@Suite struct ProgressDisplayTests {
  private let recorder = Recorder()

  @Test func `a frame replaces the one before`() async {
    let display = recorder.display(.live)
    await display.begin("jobs", totalUnits: 10)
    let first = recorder.take()
    #expect(first.hasPrefix("⠋ jobs"))
    #expect(first.hasSuffix("0/1 tasks  0 rows  0.00 s\u{1B}[K\n\u{1B}[J"))

    recorder.pass(.milliseconds(150))
    await display.finish("jobs", line: "10 rows")
    #expect(recorder.take() == "\u{1B}[2A\r✓ jobs  10 rows\u{1B}[K\n1/1 tasks  0 rows  0.15 s\u{1B}[K\n\u{1B}[J")
  }

  @Test func `a line that stays is written above the tasks`() async {
    let display = recorder.display(.live)
    await display.begin("jobs", totalUnits: 10)
    _ = recorder.take()
    await display.say("a warning")
    let text = recorder.take()
    #expect(text.hasPrefix("\u{1B}[2A\r\r\u{1B}[Ja warning\n⠋ jobs"))
    #expect(text.hasSuffix("\n\u{1B}[J"))
  }

  @Test(arguments: [ProgressDisplay.Mode.plain, .silent])
  func `where nothing is drawn, a line that stays is written as it is`(mode: ProgressDisplay.Mode) async {
    let display = recorder.display(mode)
    await display.say("a warning")
    #expect(recorder.take() == "a warning\n")
  }

  @Test func `nothing is drawn before a task is known`() async {
    let display = recorder.display(.live)
    await display.say("a warning")
    await display.stop()
    #expect(recorder.take() == "\r\u{1B}[Ja warning\n")
  }

  @Test func `frames are at least a tenth of a second apart`() async {
    let display = recorder.display(.live)
    var frames = 0
    for _ in 0..<1000 {
      await display.update("jobs", phase: "reading", completedUnits: 1)
      if !recorder.take().isEmpty { frames += 1 }
      recorder.pass(.milliseconds(1))
    }
    #expect(frames == 10)
  }

  @Test func `stop draws the last state once, and nothing follows`() async {
    let display = recorder.display(.live)
    for index in 0..<40 { await display.finish("table\(index)", line: "done") }
    _ = recorder.take()
    await display.stop()
    let last = recorder.take()
    #expect(last.contains("✓ table39  done"))
    #expect(last.split(separator: "\n").count == 42)
    #expect(last.hasSuffix("\n\u{1B}[J"))
    recorder.pass(.seconds(1))
    await display.begin("late")
    await display.stop()
    #expect(recorder.take() == "")
  }

  @Test func `a terminal that is held gets no frames but the last`() async {
    let display = recorder.display(.live)
    recorder.isReady = false
    await display.begin("jobs")
    #expect(recorder.take() == "")
    await display.stop()
    #expect(recorder.take().contains("jobs"))
  }

  @Test func `plain mode writes a line per task when it ends`() async {
    let display = recorder.display(.plain, color: true)
    await display.whileDrawing {
      await display.begin("jobs", totalUnits: 10)
      await display.update("jobs", phase: "reading", completedUnits: 5)
      await display.finish("jobs", line: "10 rows in 0.42 s")
      await display.finish("tasks", line: "3 rejects", style: .warning)
      await display.finish("notes", line: "lost the\nconnection", style: .failure)
    }
    #expect(
      recorder.take() == """
        jobs: 10 rows in 0.42 s
        tasks: warning: 3 rejects
        notes: failed: lost the connection

        """)
  }

  @Test func `silent mode writes nothing`() async {
    let display = recorder.display(.silent)
    await display.whileDrawing { await display.finish("jobs", line: "10 rows") }
    #expect(recorder.take() == "")
  }

  @Test func `an error or a cancellation leaves the cursor below the last state`() async {
    struct Failure: Error {}
    let display = recorder.display(.live)
    await #expect(throws: Failure.self) {
      try await display.whileDrawing {
        await display.begin("jobs")
        throw Failure()
      }
    }
    #expect(recorder.take().hasSuffix("\n\u{1B}[J"))

    let other = recorder.display(.live)
    await other.begin("jobs")
    let task = Task {
      try await other.whileDrawing { try await Task.sleep(for: .seconds(60)) }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(recorder.take().hasSuffix("\n\u{1B}[J"))
  }

  @Test func `lines that a narrower terminal has wrapped are replaced too`() {
    var block = ScreenBlock()
    _ = block.replace(with: [StyledText("123456789"), StyledText("1"), StyledText()], columns: 10, color: false)
    let text = block.replace(with: [StyledText("x")], columns: 4, color: false)
    #expect(text == "\u{1B}[5A\rx\u{1B}[K\n\u{1B}[J")
  }

  @Test func `a closed pipe or descriptor harms nothing`() {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)  // Two descriptors into an array of two.
    let output = FileDescriptorOutput(ends[1])
    #expect(!output.isLiveTerminal)
    output.write("nobody reads this yet\n")
    close(ends[0])
    output.write("nor will anybody read this\n")
    close(ends[1])
    FileDescriptorOutput(-1).write("neither this\n")
    #expect(FileDescriptorOutput(-1).size.columns > 0)
  }
}
