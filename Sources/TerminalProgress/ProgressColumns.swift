/// The cells of the active tasks, in columns that line up; the least needed go when the terminal is narrow.
struct ProgressColumns {
  private let unit: String
  private var widths: [Column: Int] = [:]

  /// In the order on the screen.
  enum Column: Int, CaseIterable {
    case phase, bar, percent, units, bytes, rate, timeLeft

    /// The first to go when there is no room.
    static let leastNeededFirst: [Column] = [.bytes, .rate, .timeLeft, .bar, .percent, .phase, .units]

    var isRightAligned: Bool { self != .phase && self != .bar }
  }

  /// The columns that fit, and the width of the bar among them.
  struct Layout: Equatable {
    var columns: [Column]
    var bar: Int
  }

  private static let narrowestBar = 8
  private static let gap = 2

  init(_ tasks: [TaskProgress], unit: String, now: ContinuousClock.Instant) {
    self.unit = unit
    for task in tasks {
      for column in Column.allCases where column != .bar {
        let width = text(column, of: task, now: now).terminalWidth
        if width > 0 { widths[column] = max(widths[column] ?? 0, width) }
      }
    }
  }

  func layout(width: Int, widestBar: Int) -> Layout {
    var columns = Column.allCases.filter { $0 == .bar || widths[$0] != nil }
    var dropped = Column.leastNeededFirst[...]
    func needed() -> Int {
      columns.reduce(0) { $0 + Self.gap + ($1 == .bar ? Self.narrowestBar : widths[$1] ?? 0) }
    }
    while needed() > width, let column = dropped.popFirst() { columns.removeAll { $0 == column } }
    return Layout(columns: columns, bar: min(widestBar, Self.narrowestBar + max(0, width - needed())))
  }

  func cells(
    of task: TaskProgress, layout: Layout, elapsed: Duration, now: ContinuousClock.Instant
  ) -> StyledText {
    var line = StyledText()
    for column in layout.columns {
      line.append(String(repeating: " ", count: Self.gap))
      if column == .bar {
        line.append(ProgressBar.text(fraction: task.fraction, width: layout.bar, elapsed: elapsed))
      } else {
        let cell = StyledText(text(column, of: task, now: now))
        line.append(cell.padded(to: widths[column] ?? 0, rightAligned: column.isRightAligned))
      }
    }
    return line
  }

  private func text(_ column: Column, of task: TaskProgress, now: ContinuousClock.Instant) -> String {
    switch column {
    case .phase: task.phase
    case .bar: ""
    case .percent: task.fraction.map(HumanFormat.percent) ?? ""
    case .units: units(of: task)
    case .bytes: task.bytes > 0 ? HumanFormat.bytes(task.bytes) : ""
    case .rate: task.unitsPerSecond(at: now).map { HumanFormat.rate($0, unit: unit) } ?? ""
    case .timeLeft: task.timeLeft(at: now).map { "\(HumanFormat.wholeDuration($0)) left" } ?? ""
    }
  }

  private func units(of task: TaskProgress) -> String {
    let completed = HumanFormat.count(task.completedUnits)
    guard let total = task.totalUnits, total >= task.completedUnits else { return "\(completed) \(unit)" }
    return "\(completed)/\(HumanFormat.count(total)) \(unit)"
  }
}

/// A bar of light and heavy strokes: `━━━━━━───`.
enum ProgressBar {
  /// - Parameter fraction: 0 to 1; `nil` draws a piece that wanders with the time.
  static func text(fraction: Double?, width: Int, elapsed: Duration) -> StyledText {
    guard width > 0 else { return StyledText() }
    var bar = StyledText()
    if let fraction {
      let filled = Int(min(1, max(0, fraction)) * Double(width))
      bar.append(String(repeating: "━", count: filled), .cyan)
      bar.append(String(repeating: "─", count: width - filled), .dim)
    } else {
      let piece = max(1, width / 4)
      let start = elapsed.tenths % (width - piece + 1)
      bar.append(String(repeating: "─", count: start), .dim)
      bar.append(String(repeating: "━", count: piece), .cyan)
      bar.append(String(repeating: "─", count: width - piece - start), .dim)
    }
    return bar
  }
}
