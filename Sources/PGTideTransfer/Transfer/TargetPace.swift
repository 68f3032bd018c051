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
