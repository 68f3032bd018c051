import Postgres

/// Whether a run's chunks go over the disk: from the beginning, or, with `--spill auto`, once that pays.
package actor SpillSwitch {
  package nonisolated let chunks: SpillQueue
  private var route: Route
  private var pace = TargetPace()
  private let rule: SpillRule
  private let workers: Int

  package enum Route: Sendable {
    case direct(opening: Opening)
    /// Being opened, or not to be opened any more.
    case stayingDirect
    case disk(Spill, SpillReading?)
  }

  /// Makes the run's spill, for the reason that is given.
  package typealias Opening = @Sendable (_ because: String) async throws -> (Spill, SpillReading?)

  /// All chunks go over the disk.
  package init(_ spill: Spill, _ reading: SpillReading?) {
    chunks = spill.chunks
    route = .disk(spill, reading)
    rule = SpillRule()
    workers = 1
  }

  /// They go directly for now.
  package init(_ chunks: SpillQueue, rule: SpillRule, workers: Int, opening: @escaping Opening) {
    self.chunks = chunks
    self.rule = rule
    route = .direct(opening: opening)
    self.workers = workers
  }

  /// Where the files are; `nil` while there are none.
  package var spill: Spill? { if case .disk(let spill, _) = route { spill } else { nil } }

  /// Before a chunk is copied: reads to the disk what is still to be read, if that is what this run does.
  package func prepare(_ chunk: Chunk) async throws {
    if case .direct = route, await rule.asksForDisk(pace, unread: chunks.unreadBytes, workers: workers) {
      try await open(because: "the source was three times as fast as the target")
    }
    if case .disk(_, let reading) = route { try await reading?.readAll() } else { await chunks.beginDirect(chunk) }
  }

  /// A chunk has come to its stage, or never will.
  package func end(_ chunk: Chunk, _ more: TargetPace) async throws {
    pace += more
    await chunks.endDirect(chunk)
    if case .disk(_, let reading?) = route { try await reading.releaseIfDone() }
  }

  /// A copy met an error and is about to be tried again: with its connection to the target lost, it is read to the disk
  /// instead, and so is all that is left.
  package func prepareAgain(_ chunk: Chunk, after error: any Error) async throws {
    guard let error = error.serverError, error.kind != .statement, error.connection.hasPrefix("target") else { return }
    if case .direct = route { try await open(because: "a connection to the target was lost") }
    guard case .disk(_, let reading?) = route else { return }
    await chunks.putBack(chunk)
    try await reading.readAll()
  }

  private func open(because reason: String) async throws {
    guard case .direct(let opening) = route else { return }
    route = .stayingDirect
    do {
      let (spill, reading) = try await opening(reason)
      route = .disk(spill, reading)
    } catch let error where error is SyncError || error is SpillFull {
      // The run goes on as it did until now, and its report says why.
    }
  }
}

/// A chunk could not be read to the disk, often enough: it is not tried again when it is to be loaded.
package struct SpillReadingFailure: Error, CustomStringConvertible {
  package let cause: any Error

  package var description: String { "\(cause)" }
}
