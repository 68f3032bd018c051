/// When a run with `--spill auto` begins to read to the disk.
///
/// The source must be three times as fast as the target: then two thirds of the time rows wait for the target. It must
/// have been so for a while, and enough must be left for the source to be held another while.
package struct SpillRule: Sendable, Equatable {
  package var leastElapsed: Duration = .seconds(2)
  package var leastShare = 2.0 / 3
  package var leastRest: Duration = .seconds(10)

  package init() {}
}
