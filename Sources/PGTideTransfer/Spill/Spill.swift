/// A run's spill: where its files are, and how far its chunks.
struct Spill: Sendable {
  let directory: SpillDirectory
  let chunks: SpillQueue
  let budget: SpillBudget
  let manifest: SpillManifest
  /// An earlier run has made it, and everything is there.
  var isResumed = false
  /// Why it was begun in the middle of the run, after which it cannot be taken up again.
  var because: String?

  var canBeResumed: Bool { because == nil }

  /// What lies on the disk, for the report.
  var report: SpillReport {
    get async {
      let spilled = await chunks.spilled
      return SpillReport(
        directory: directory.path, chunks: spilled.count, directChunks: await chunks.directCount,
        directBecause: budget.reason, rows: spilled.map(\.rows).reduce(0, +), bytes: spilled.map(\.bytes).reduce(0, +),
        compressedBytes: spilled.map(\.compressedBytes).reduce(0, +), because: because,
        resumedRun: isResumed ? "\(directory.run)" : nil)
    }
  }

  /// Whether it can be taken up again.
  var isUsable: Bool {
    get async {
      guard (try? directory.manifest())?.isComplete == true else { return false }
      return await !chunks.isDamaged
    }
  }
}
