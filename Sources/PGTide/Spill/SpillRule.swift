import Postgres
import Synchronization

/// How the target keeps up with the source, as the copies measured it: when all buffers were full, or the last row had been
/// read, the target was waited for.
struct TargetPace: Sendable, Equatable {
  /// The time of the copies, added up over all lanes.
  var elapsed: Duration = .zero
  /// How much of it the source had to wait for the target.
  var waited: Duration = .zero
  var bytes = 0

  static func += (left: inout TargetPace, right: TargetPace) {
    left.elapsed += right.elapsed
    left.waited += right.waited
    left.bytes += right.bytes
  }
}

/// When a run with `--spill auto` begins to read to the disk.
///
/// The source must be three times as fast as the target: then two thirds of the time rows wait for the target. It must
/// have been so for a while, and enough must be left for the source to be held another while.
package struct SpillRule: Sendable, Equatable {
  package var leastElapsed: Duration = .seconds(2)
  package var leastShare = 2.0 / 3
  package var leastRest: Duration = .seconds(10)

  package init() {}

  /// - Parameter unread: bytes that no lane has begun to read.
  func asksForDisk(_ pace: TargetPace, unread: Int, lanes: Int) -> Bool {
    guard pace.elapsed >= leastElapsed, pace.bytes > 0, pace.waited >= pace.elapsed * leastShare else { return false }
    let rest = pace.elapsed * (Double(unread) / Double(pace.bytes)) / lanes
    return rest >= leastRest
  }
}
