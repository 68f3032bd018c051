import CopyFormat
import Postgres

/// Carries one chunk from the source to its stage, or straight to its table: one COPY out, and one COPY in (several, where the stream is cut on
/// the way).
package struct ChunkCopy: Sendable {
  package let chunk: Chunk
  /// The COPY that takes the rows, and the number of its columns.
  package let copyIn: SQL
  package let fieldCount: Int
  /// A stream without page ranges is cut after this many bytes.
  package let cutAfter: Int
  package let bufferBytes: Int
  /// `nil`: every row crosses whole.
  package var filter: (any RowFilter)?
  /// Asks on another connection whether a transaction stands whose connection was lost at its end.
  package let hasCommitted: @Sendable (UncertainCommit) async throws -> Bool
  /// Called with rows and bytes as they have been sent to the stage.
  package let progress: @Sendable (_ rows: Int, _ bytes: Int) -> Void

  package init(
    chunk: Chunk, copyIn: SQL, fieldCount: Int, cutAfter: Int, bufferBytes: Int, filter: (any RowFilter)? = nil,
    hasCommitted: @escaping @Sendable (UncertainCommit) async throws -> Bool,
    progress: @escaping @Sendable (_ rows: Int, _ bytes: Int) -> Void
  ) {
    self.chunk = chunk
    self.copyIn = copyIn
    self.fieldCount = fieldCount
    self.cutAfter = cutAfter
    self.bufferBytes = bufferBytes
    self.filter = filter
    self.hasCommitted = hasCommitted
    self.progress = progress
  }

  package struct Outcome: Sendable {
    /// Rows that the source says it sent.
    package var read = 0
    /// Rows that the target says it stored.
    package var staged = 0
    /// Rows that went through our hands.
    package var seen = 0
    package var bytes = 0
    /// COPYs into the stage.
    package var parts = 0
    /// Has the rows that follow before the comparison; they count as staged.
    package var filter: (any RowFilter)?
  }

  package func run(from source: OpenSource, to targets: ConnectionPool) async throws -> Outcome {
    try await source.lend { source in try await targets.lend { target in try await run(from: source, to: target) } }
  }

  package func run(from source: Connection, to target: Connection) async throws -> Outcome {
    let (outcome, read) = try await source.copyOut(chunk.copyOut) { reader in
      try await carryAsOne(to: target) { try await carry(reader, to: target) }
    }
    var complete = outcome
    complete.read = read
    complete.staged += outcome.filter?.withheld ?? 0
    try check(complete)
    return complete
  }

  /// The same as the next COPY of a series, whose rows all stand or fall together.
  package func run(from source: Connection, to series: CopyInSeries) async throws -> Outcome {
    var (complete, read) = try await source.copyOut(chunk.copyOut) { reader in
      try await reading(reader) { stream in
        let (rest, stored) = try await series.next { [stream] writer in try await stream.writingPart(to: writer) }
        stream = rest
        return (stored, 1)
      }
    }
    complete.read = read
    try check(complete)
    return complete
  }

  package func check(_ outcome: Outcome) throws {
    guard outcome.read == outcome.seen, outcome.staged == outcome.seen else {
      throw SyncError(
        table: chunk.table,
        message:
          "chunk \(chunk.number): the source sent \(CountedWords.rows(outcome.read)), \(outcome.seen) came through, "
          + "the stage took \(outcome.staged)",
        advice: "Rows were lost or added on the way; report this")
    }
  }

  /// Where the chunk is several COPYs, all of them are stored or none, so that it can be tried again.
  package func carryAsOne(to target: Connection, _ body: () async throws -> Outcome) async throws -> Outcome {
    guard chunk.isCutOnTheWay else { return try await body() }
    var carried: Outcome?
    do {
      return try await target.transaction {
        let outcome = try await body()
        carried = outcome
        return outcome
      }
    } catch let error as UncertainCommit {
      guard let carried, try await hasCommitted(error) else { throw error }
      return carried
    }
  }

  package func carry(_ reader: some ChunkReader, to target: Connection) async throws -> Outcome {
    try await reading(reader) { stream in
      var (stored, parts) = (0, 0)
      while !stream.isAtEnd {
        let part = stream
        let (rest, count) = try await target.copyIn(copyIn, hasCommitted: hasCommitted) { writer in
          try await part.writingPart(to: writer)
        }
        stored += count ?? (rest.sent - part.sent)
        stream = rest
        parts += 1
      }
      return (stored, parts)
    }
  }

  /// Lets `write` take the whole stream, and say how many rows were stored by how many COPYs.
  private func reading(
    _ reader: some ChunkReader, _ write: (inout ChunkStream) async throws -> (stored: Int, parts: Int)
  ) async throws -> Outcome {
    try await ReadAhead.run(reader, bufferBytes: bufferBytes) { ahead in
      var stream = try await ChunkStream(
        chunk, fieldCount: fieldCount, cutAfter: cutAfter, filter: filter, from: ahead, progress: progress)
      let (stored, parts) = try await write(&stream)
      try stream.finish()
      return Outcome(staged: stored, seen: stream.rows, bytes: stream.bytes, parts: parts, filter: stream.filter)
    }
  }
}
