/// A run's spill: where its files are, and how far its chunks.
package struct Spill: Sendable {
  package let directory: SpillDirectory
  package let chunks: SpillQueue
  package let budget: SpillBudget
  package let manifest: SpillManifest
  /// An earlier run has made it, and everything is there.
  package var isResumed = false

  /// What lies on the disk, for the report.
  package var report: SpillReport {
    get async {
      let spilled = await chunks.spilled
      return SpillReport(
        directory: directory.path, chunks: spilled.count, directChunks: await chunks.directCount,
        directBecause: budget.reason, rows: spilled.map(\.rows).reduce(0, +), bytes: spilled.map(\.bytes).reduce(0, +),
        compressedBytes: spilled.map(\.compressedBytes).reduce(0, +), resumedRun: isResumed ? "\(directory.run)" : nil)
    }
  }

  /// Whether it can be taken up again.
  package var isUsable: Bool {
    get async {
      guard (try? directory.manifest())?.isComplete == true else { return false }
      return await !chunks.isDamaged
    }
  }
}
