/// How a task ended.
public enum FinishStyle: Sendable, Equatable {
  case success, warning, failure
}

/// All tasks, in the order in which they were first named.
struct ProgressState: Equatable {
  let start: ContinuousClock.Instant
  private(set) var tasks: [TaskProgress] = []
  /// By the bytes of their names: two that look alike are two.
  private var indices: [[UInt8]: Int] = [:]
  private(set) var endedTasks = 0

  init(start: ContinuousClock.Instant) { self.start = start }

  /// Names a task that is to come, so that it is counted and shown as waiting.
  mutating func expect(_ name: String) { _ = index(of: name) }

  mutating func begin(_ name: String, totalUnits: Int?, totalBytes: Int?, at now: ContinuousClock.Instant) {
    let index = index(of: name)
    if tasks[index].isEnded { endedTasks -= 1 }
    tasks[index].begin(totalUnits: totalUnits, totalBytes: totalBytes, at: now)
  }

  mutating func update(
    _ name: String, phase: String, completedUnits: Int, bytes: Int, at now: ContinuousClock.Instant
  ) {
    let index = index(of: name)
    if !tasks[index].isActive { begin(name, totalUnits: nil, totalBytes: nil, at: now) }
    tasks[index].update(phase: phase, completedUnits: completedUnits, bytes: bytes, at: now)
  }

  mutating func setTotal(_ name: String, units: Int?, bytes: Int?) {
    let index = index(of: name)
    tasks[index].totalUnits = units
    tasks[index].totalBytes = bytes
  }

  mutating func finish(_ name: String, line: String, style: FinishStyle) {
    let index = index(of: name)
    if !tasks[index].isEnded { endedTasks += 1 }
    tasks[index].stage = .ended(order: endedTasks, line: line.withoutControls, style: style)
  }

  private mutating func index(of name: String) -> Int {
    let bytes = Array(name.utf8)
    if let index = indices[bytes] { return index }
    indices[bytes] = tasks.count
    tasks.append(TaskProgress(name: name))
    return tasks.count - 1
  }
}
