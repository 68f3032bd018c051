import PGTide
import Postgres

/// Brings a sample to its stages with given settings, and empties them again.
actor TuneStaging {
  private let sources: ConnectionPool
  private let targets: ConnectionPool
  /// Connections to each end that have been opened for the trials.
  private var opened = 0

  struct Outcome: Sendable, Equatable {
    var seconds: Double
    var rows: Int
    var bytes: Int
  }

  init(sources: ConnectionPool, targets: ConnectionPool) {
    self.sources = sources
    self.targets = targets
  }

  /// One trial. Connections are made before its time begins: a run opens all of them side by side.
  ///
  /// - Parameter emptying: the session that empties the stages, also behind a trial that fails.
  func run(_ sample: TuneSample, _ choice: TuneChoice, emptying: Connection) async throws -> Outcome {
    let pieces = sample.pieces(choice)
    try await open(min(choice.jobs, pieces.count))
    do {
      let outcome = try await copy(pieces, choice)
      if let truncate = StageTable.truncate(sample.stages) { try await emptying.query(truncate) }
      return outcome
    } catch {
      await StageTable.free(sample.stages, on: emptying)
      throw error
    }
  }

  private func open(_ jobs: Int) async throws {
    guard jobs > opened else { return }
    async let opening = targets.open(jobs - opened)
    let results = try await [sources.open(jobs - opened), opening]
    // Trials with fewer would say nothing of these.
    for result in results where result.count < jobs - opened { if let refusal = result.refusal { throw refusal } }
    opened = jobs
  }

  private nonisolated func copy(_ pieces: [TuneSample.Piece], _ choice: TuneChoice) async throws -> Outcome {
    let start = ContinuousClock.now
    var outcome = Outcome(seconds: 0, rows: 0, bytes: 0)
    var rest = pieces[...]
    try await withThrowingTaskGroup(of: ChunkCopy.Outcome.self) { group in
      for _ in 0..<choice.jobs {
        guard let piece = rest.popFirst() else { break }
        group.addTask { try await self.copy(piece, choice) }
      }
      while let copied = try await group.next() {
        outcome.rows += copied.staged
        outcome.bytes += copied.bytes
        if let piece = rest.popFirst() { group.addTask { try await self.copy(piece, choice) } }
      }
    }
    outcome.seconds = start.duration(to: .now).seconds
    return outcome
  }

  private nonisolated func copy(_ piece: TuneSample.Piece, _ choice: TuneChoice) async throws -> ChunkCopy.Outcome {
    let copy = ChunkCopy(
      chunk: piece.chunk, copyIn: piece.stage.copyIn(piece.chunk.format), fieldCount: piece.stage.columns.count,
      cutAfter: choice.chunkBytes, bufferBytes: choice.bufferBytes,
      hasCommitted: { [targets] in try await targets.hasCommitted($0) }, progress: { _, _ in })
    return try await sources.lend { source in
      try await self.targets.lend { target in try await copy.run(from: source, to: target) }
    }
  }
}
