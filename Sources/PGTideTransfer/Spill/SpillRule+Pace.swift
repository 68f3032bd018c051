extension SpillRule {
  /// - Parameter unread: bytes that no worker has begun to read.
  package func asksForDisk(_ pace: TargetPace, unread: Int, workers: Int) -> Bool {
    guard pace.elapsed >= leastElapsed, pace.bytes > 0, pace.waited >= pace.elapsed * leastShare else { return false }
    let rest = pace.elapsed * (Double(unread) / Double(pace.bytes)) / workers
    return rest >= leastRest
  }
}
