/// When a run with `--spill auto` begins to read to the disk.
///
/// The source must be three times as fast as the target: then two thirds of the time rows wait for the target. It must
/// have been so for a while, and enough must be left for the source to be held another while.
struct SpillRule: Sendable, Equatable {
  var leastElapsed: Duration = .seconds(2)
  var leastShare = 2.0 / 3
  var leastRest: Duration = .seconds(10)

  init() {}
}
