/// Turns the state of all tasks into the lines of a terminal. It draws nothing and asks no clock.
struct ProgressRenderer {
  /// What is counted, in the plural.
  var unit = "rows"
  /// What a task is, in the plural.
  var tasks = "tasks"
  /// Columns of a full bar; narrow terminals get shorter ones, or none.
  var widestBar = 24

  /// - Parameter size: `rows` includes the line for all tasks; `nil` for as many as there are tasks. No line is wider
  ///   than `columns` - 1, because some terminals wrap when the last column is written.
  func lines(_ state: ProgressState, columns: Int, rows: Int?, now: ContinuousClock.Instant) -> [StyledText] {
    let width = max(1, columns - 1)
    let (shown, hidden) = choose(state.tasks, room: rows.map { max(0, $0 - 1) })
    var lines = table(shown, width: width, elapsed: state.start.duration(to: now), now: now)
    if !hidden.isEmpty { lines.append(summary(of: hidden)) }
    lines.append(overall(state, now: now))
    return lines.map { $0.withoutTrailingSpaces.truncated(to: width) }
  }

  /// All tasks in their order if there is room; else the active ones, then failures and warnings, then the latest to
  /// end, then those that wait.
  private func choose(_ tasks: [TaskProgress], room: Int?) -> (shown: [TaskProgress], hidden: [TaskProgress]) {
    guard let room, tasks.count > room else { return (tasks, []) }
    func rank(_ index: Int) -> (Int, Int, Int) {
      switch tasks[index].stage {
      case .active: (0, 0, index)
      case .ended(let order, _, let style): (style == .success ? 2 : 1, -order, index)
      case .waiting: (3, 0, index)
      }
    }
    let ranked = tasks.indices.sorted { rank($0) < rank($1) }
    // One line is for the summary of the others.
    let visible = ranked.prefix(max(0, room - 1))
    let (active, others) = (visible.filter { tasks[$0].isActive }, visible.filter { !tasks[$0].isActive })
    return ((active + others.sorted()).map { tasks[$0] }, ranked.dropFirst(visible.count).map { tasks[$0] })
  }

  private func summary(of hidden: [TaskProgress]) -> StyledText {
    let active = hidden.count(where: \.isActive)
    let ended = hidden.count(where: \.isEnded)
    let parts = [(active, "active"), (ended, "done"), (hidden.count - active - ended, "waiting")]
    let text = parts.filter { $0.0 > 0 }.map { "\(HumanFormat.count($0.0)) \($0.1)" }.joined(separator: ", ")
    return StyledText("  … \(HumanFormat.count(hidden.count)) more: \(text)", .dim)
  }

  private func overall(_ state: ProgressState, now: ContinuousClock.Instant) -> StyledText {
    let elapsed = state.start.duration(to: now)
    let units = state.tasks.reduce(0) { $0 + $1.mostUnits }
    let bytes = state.tasks.reduce(0) { $0 + $1.mostBytes }
    var parts = ["\(HumanFormat.count(units)) \(unit)"]
    if units > 0, let rate = HumanFormat.rate(units, over: elapsed, unit: unit) { parts.append(rate) }
    if bytes > 0 { parts.append(HumanFormat.bytes(bytes)) }
    parts.append(HumanFormat.duration(elapsed))
    var line = StyledText("\(state.endedTasks)/\(state.tasks.count) \(tasks)", .bold)
    line.append("  " + parts.joined(separator: "  "))
    return line
  }

  // MARK: The table of tasks

  private func table(
    _ tasks: [TaskProgress], width: Int, elapsed: Duration, now: ContinuousClock.Instant
  ) -> [StyledText] {
    let nameWidth = min(tasks.map(\.name.terminalWidth).max() ?? 0, max(8, width / 3))
    let columns = ProgressColumns(tasks.filter(\.isActive), unit: unit, now: now)
    let layout = columns.layout(width: width - nameWidth - 4, widestBar: widestBar)
    return tasks.map { task in
      var line = mark(of: task, elapsed: elapsed)
      line.append(" ")
      let name = StyledText(task.name, task.isActive ? .bold : .plain).truncated(to: nameWidth)
      switch task.stage {
      case .waiting:
        line.append(StyledText(name.plain, .dim))
      case .active:
        line.append(name.padded(to: nameWidth))
        line.append(columns.cells(of: task, layout: layout, elapsed: elapsed, now: now))
      case .ended(_, let text, let style):
        line.append(name.padded(to: nameWidth))
        line.append("  ")
        line.append(text, style == .success ? .plain : style == .warning ? .yellow : .red)
      }
      return line
    }
  }

  private func mark(of task: TaskProgress, elapsed: Duration) -> StyledText {
    switch task.stage {
    case .waiting: StyledText("·", .dim)
    case .active: StyledText(Self.spinner[elapsed.tenths % Self.spinner.count], .cyan)
    case .ended(_, _, .success): StyledText("✓", .green)
    case .ended(_, _, .warning): StyledText("!", .yellow)
    case .ended(_, _, .failure): StyledText("✗", .red)
    }
  }

  private static let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
}

extension Duration {
  /// Whole tenths of a second, for what moves with the clock. Not negative.
  var tenths: Int { max(0, Int(components.seconds) * 10 + Int(components.attoseconds / 100_000_000_000_000_000)) }
}
