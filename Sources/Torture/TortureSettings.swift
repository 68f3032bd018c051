/// How much is to be done to pgtide.
package struct TortureSettings: Sendable {
  /// The file of the built `pgtide`.
  package var program: String
  /// Faults that have to strike.
  package var faults: Int
  package var seed: UInt64
  /// The episode to begin with: to see one again.
  package var firstEpisode: Int
  package var limit: Duration?
  /// Stations that work at the same time, with two servers each.
  package var lanes: Int

  package init(
    program: String, faults: Int, seed: UInt64, firstEpisode: Int = 0, limit: Duration? = nil, lanes: Int = 3
  ) {
    self.program = program
    self.faults = faults
    self.seed = seed
    self.firstEpisode = firstEpisode
    self.limit = limit
    self.lanes = lanes
  }

  func episodeSeed(_ number: Int) -> UInt64 {
    var generator = SeededGenerator(seed: seed, part: number)
    return generator.next()
  }
}
