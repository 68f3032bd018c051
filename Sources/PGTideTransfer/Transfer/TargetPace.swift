/// How the target keeps up with the source, as the copies measured it: when all buffers were full, or the last row had been
/// read, the target was waited for.
package struct TargetPace: Sendable, Equatable {
  /// The time of the copies, added up over all workers.
  package var elapsed: Duration = .zero
  /// How much of it the source had to wait for the target.
  package var waited: Duration = .zero
  package var bytes = 0

  package static func += (left: inout TargetPace, right: TargetPace) {
    left.elapsed += right.elapsed
    left.waited += right.waited
    left.bytes += right.bytes
  }
}
