extension SpillRule {
  /// - Parameter unread: bytes that no lane has begun to read.
  package func asksForDisk(_ pace: TargetPace, unread: Int, lanes: Int) -> Bool {
    guard pace.elapsed >= leastElapsed, pace.bytes > 0, pace.waited >= pace.elapsed * leastShare else { return false }
    let rest = pace.elapsed * (Double(unread) / Double(pace.bytes)) / lanes
    return rest >= leastRest
  }
}
