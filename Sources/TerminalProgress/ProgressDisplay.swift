/// Shows how far several named tasks have come: on a terminal as a block of lines that is drawn again and again, in a
/// log as one plain line when a task ends.
///
///     let display = ProgressDisplay(output: FileDescriptorOutput())
///     try await display.whileDrawing {
///       await display.begin("jobtasks", totalUnits: 64_542)
///       await display.update("jobtasks", phase: "reading", completedUnits: 4_096, bytes: 1_208_320)
///       await display.finish("jobtasks", line: "64,542 rows in 0.42 s")
///     }
public actor ProgressDisplay {
  public enum Mode: Sendable, Equatable {
    /// Lines that are drawn again, with escapes.
    case live
    /// One line per task, when it ends, without escapes.
    case plain
    case silent
  }

  private let mode: Mode
  private let output: any TerminalOutput
  private let color: Bool
  private let renderer: ProgressRenderer
  private let now: @Sendable () -> ContinuousClock.Instant

  private var state: ProgressState
  private var block = ScreenBlock()
  private var lastDrawn: ContinuousClock.Instant?
  private var isStopped = false

  /// The shortest time between two frames.
  private static let frame = Duration.milliseconds(100)

  /// - Parameters:
  ///   - unit: what is counted, in the plural.
  ///   - tasks: what a task is, in the plural.
  ///   - color: only where escapes are, that is in `live` mode.
  ///   - now: the clock, for tests.
  public init(
    mode: Mode, output: any TerminalOutput, color: Bool, unit: String = "rows", tasks: String = "tasks",
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.mode = mode
    self.output = output
    self.color = color
    self.renderer = ProgressRenderer(unit: unit, tasks: tasks)
    self.now = now
    self.state = ProgressState(start: now())
  }

  /// Live and colored if the descriptor is a terminal that allows it, else plain.
  public init(output: FileDescriptorOutput, unit: String = "rows") {
    self.init(mode: output.isLiveTerminal ? .live : .plain, output: output, color: output.wantsColor, unit: unit)
  }

  /// Names the tasks that are to come, so that they are counted and shown as waiting, in this order.
  public func expect(_ tasks: [String]) {
    for task in tasks { state.expect(task) }
    drawIfDue()
  }

  /// Begins a task, or begins it again.
  /// - Parameters:
  ///   - totalUnits: what ``update(_:phase:completedUnits:bytes:)`` will count up to, perhaps an estimate. `nil`:
  ///     unknown.
  ///   - totalBytes: the same of bytes; it moves the bar where no units are known.
  public func begin(_ task: String, totalUnits: Int? = nil, totalBytes: Int? = nil) {
    state.begin(task, totalUnits: totalUnits, totalBytes: totalBytes, at: now())
    drawIfDue()
  }

  /// Replaces the totals of a task when better ones are known.
  public func setTotal(_ task: String, units: Int?, bytes: Int? = nil) {
    state.setTotal(task, units: units, bytes: bytes)
    drawIfDue()
  }

  /// Says how far a task is. Units may start again from 0 in a new phase.
  public func update(_ task: String, phase: String, completedUnits: Int, bytes: Int = 0) {
    state.update(task, phase: phase, completedUnits: completedUnits, bytes: bytes, at: now())
    drawIfDue()
  }

  /// Writes a line that stays: in live mode above the tasks.
  public func say(_ line: String) {
    let isDrawing = mode == .live && !isStopped
    output.write((isDrawing ? block.cleared(columns: output.size.columns) : "") + line + "\n")
    if isDrawing { draw(rows: output.size.rows - 1) }
  }

  /// Says something of a task that goes on: a line of its own in plain mode.
  public func note(_ task: String, line: String) {
    guard mode == .plain, !isStopped else { return }
    output.write("\(task.withoutControls): \(line.withoutControls)\n")
  }

  /// Ends a task.
  /// - Parameter line: what remains of it on the screen, beside its name. In plain mode `name: line`, with `warning: `
  ///   or `failed: ` before the line if it was no success.
  public func finish(_ task: String, line: String, style: FinishStyle = .success) {
    state.finish(task, line: line, style: style)
    if mode == .plain, !isStopped {
      let prefix =
        switch style {
        case .success: ""
        case .warning: "warning: "
        case .failure: "failed: "
        }
      output.write("\(task.withoutControls): \(prefix)\(line.withoutControls)\n")
    }
    drawIfDue()
  }

  /// Draws the last state, all tasks of it, and leaves the cursor below. Nothing is drawn afterwards.
  public func stop() {
    guard !isStopped else { return }
    if mode == .live { draw(rows: nil) }
    isStopped = true
  }

  /// Runs `body`, moving the clock on the screen meanwhile, and stops however it ends: with a result, an error or a
  /// cancellation.
  public func whileDrawing<Result, Failure: Error>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Result
  ) async throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = await withTaskGroup(of: Void.self, isolation: isolation) { group in
      group.addTask { await self.drawUntilCancelled() }
      let outcome: Swift.Result<Result, Failure>
      do throws(Failure) {
        outcome = .success(try await body())
      } catch {
        outcome = .failure(error)
      }
      group.cancelAll()
      await group.waitForAll()
      return outcome
    }
    await stop()
    return try outcome.get()
  }

  private func drawUntilCancelled() async {
    guard mode == .live else { return }
    while !isStopped, !Task.isCancelled {
      drawIfDue()
      try? await Task.sleep(for: Self.frame)
    }
  }

  private func drawIfDue() {
    guard mode == .live, !isStopped else { return }
    let time = now()
    if let lastDrawn, lastDrawn.duration(to: time) < Self.frame { return }
    guard output.isReady else { return }
    lastDrawn = time
    draw(rows: output.size.rows - 1)
  }

  /// - Parameter rows: lines that may be drawn; one row of the screen is kept for the cursor.
  private func draw(rows: Int?) {
    guard !state.tasks.isEmpty else { return }
    let columns = output.size.columns
    let lines = renderer.lines(state, columns: columns, rows: rows.map { max(1, $0) }, now: now())
    output.write(block.replace(with: lines, columns: columns, color: color))
  }
}
