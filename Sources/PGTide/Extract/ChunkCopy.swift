import CopyFormat
import Postgres

/// Carries one chunk from the source to its stage, or straight to its table: one COPY out, and one COPY in (several, where the stream is cut on
/// the way).
struct ChunkCopy: Sendable {
  let chunk: Chunk
  /// The COPY that takes the rows, and the number of its columns.
  let copyIn: SQL
  let fieldCount: Int
  /// A stream without page ranges is cut after this many bytes.
  let cutAfter: Int
  let bufferBytes: Int
  /// Takes rows without a parent out of the stream; `nil`: every row crosses whole.
  var sieve: RowSieve?
  /// Asks on another connection whether a transaction stands whose connection was lost at its end.
  let hasCommitted: @Sendable (UncertainCommit) async throws -> Bool
  /// Called with rows and bytes as they have been sent to the stage.
  let progress: @Sendable (_ rows: Int, _ bytes: Int) -> Void

  struct Outcome: Sendable {
    /// Rows that the source says it sent.
    var read = 0
    /// Rows that the target says it stored.
    var staged = 0
    /// Rows that went through our hands.
    var seen = 0
    var bytes = 0
    /// COPYs into the stage.
    var parts = 0
    /// How the target kept up, where the rows came from the source.
    var pace = TargetPace()
    /// Rows that follow before the comparison; they count as staged.
    var held = HeldChunk()
  }

  func run(from source: OpenSource, to targets: ConnectionPool) async throws -> Outcome {
    try await source.lend { source in try await targets.lend { target in try await run(from: source, to: target) } }
  }

  func run(from source: Connection, to target: Connection) async throws -> Outcome {
    let (outcome, read) = try await source.copyOut(chunk.copyOut) { reader in
      try await carryAsOne(to: target) { try await carry(reader, to: target) }
    }
    var complete = outcome
    complete.read = read
    complete.pace.bytes = outcome.bytes
    complete.staged += outcome.held.rows
    try check(complete)
    return complete
  }

  /// The same as the next COPY of a series, whose rows all stand or fall together.
  func run(from source: Connection, to series: CopyInSeries) async throws -> Outcome {
    var (complete, read) = try await source.copyOut(chunk.copyOut) { reader in
      var stream = try await Stream(self, reader)
      let (rest, stored) = try await series.next { [stream] writer in
        try await carryPart(stream, reader, writer, isFirst: true)
      }
      stream = rest
      var outcome = try stream.outcome()
      outcome.staged = stored
      outcome.parts = 1
      return outcome
    }
    complete.read = read
    try check(complete)
    return complete
  }

  /// The same from the disk, where the chunk may lie in several files.
  func run(from spilled: SpilledChunk, in directory: SpillDirectory, to target: Connection) async throws -> Outcome {
    var complete = try await carryAsOne(to: target) {
      var sum = Outcome()
      for file in spilled.files {
        let part = try await file.explainingDamage(in: directory) {
          try await carry(try SpillReader(file, in: directory.path), to: target)
        }
        sum.staged += part.staged
        sum.seen += part.seen
        sum.bytes += part.bytes
        sum.parts += part.parts
      }
      return sum
    }
    complete.read = spilled.rows
    try check(complete)
    return complete
  }

  private func check(_ outcome: Outcome) throws {
    guard outcome.read == outcome.seen, outcome.staged == outcome.seen else {
      throw SyncError(
        table: chunk.table,
        message: "chunk \(chunk.number): the source sent \(outcome.read) rows, \(outcome.seen) came through, "
          + "the stage took \(outcome.staged)",
        advice: "Rows were lost or added on the way; report this")
    }
  }

  /// Where the chunk is several COPYs, all of them are stored or none, so that it can be tried again.
  private func carryAsOne(to target: Connection, _ body: () async throws -> Outcome) async throws -> Outcome {
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

  /// Two buffers go round: while one is being written, the other is being filled.
  private func carry(_ reader: some ChunkReader, to target: Connection) async throws -> Outcome {
    var (stored, parts) = (0, 0)
    var stream = try await Stream(self, reader)
    while stream.next != nil {
      let part = stream
      let (rest, count) = try await target.copyIn(copyIn, hasCommitted: hasCommitted) { writer in
        try await carryPart(part, reader, writer, isFirst: part.scanner.rows == 0)
      }
      stored += count ?? (rest.sent - part.sent)
      stream = rest
      parts += 1
    }
    var outcome = try stream.outcome()
    outcome.staged = stored
    outcome.parts = parts
    return outcome
  }

  /// What is on its way between the two connections.
  private struct Stream: Sendable {
    var scanner: RowStreamScanner
    /// Filled and not written yet; `nil` at the end.
    var next: CopyBuffer?
    /// Free to be filled.
    var spare: CopyBuffer
    var pace = TargetPace()
    var sieve: RowSieve?

    /// Fills the first buffer.
    init(_ copy: ChunkCopy, _ reader: some ChunkReader) async throws {
      scanner = RowStreamScanner(copy.chunk.format, fieldCount: copy.fieldCount)
      spare = CopyBuffer(capacity: copy.bufferBytes)
      sieve = copy.sieve
      next = try await reader.next(into: CopyBuffer(capacity: copy.bufferBytes), size: copy.bufferBytes)
    }

    /// What came through, at the end.
    func outcome() throws -> Outcome {
      try scanner.finish()
      var outcome = Outcome()
      outcome.seen = scanner.rows
      outcome.bytes = scanner.bytes
      outcome.pace = pace
      if let sieve { outcome.held = sieve.held }
      return outcome
    }

    /// Rows that have been written.
    var sent: Int { scanner.rows - (sieve?.withheld ?? 0) }

    mutating func scan(_ buffer: CopyBuffer) throws(CopyFormatError) {
      try buffer.withPieces { piece throws(CopyFormatError) in try scanner.scan(piece) }
    }
  }

  private func carryPart(
    _ stream: Stream, _ reader: some ChunkReader, _ writer: CopyInWriter, isFirst: Bool
  ) async throws -> Stream {
    var stream = stream
    if !isFirst { try await writer.write(CopyBuffer(chunk.format.head)) }
    var written = 0
    while let buffer = stream.next {
      let before = stream.scanner.rows
      try stream.scan(buffer)
      let count = buffer.count
      let spare = stream.spare
      if buffer.isWide {
        // One wide row at a time, so that memory does not hold two.
        try await writer.write(stream.sieve?.sift(buffer) ?? buffer)
        buffer.clear()
        stream.next = try await reader.next(into: spare, size: bufferBytes)
      } else {
        let begun = ContinuousClock.now
        async let following = (reader.next(into: spare, size: bufferBytes), ContinuousClock.now)
        try await writer.write(stream.sieve?.sift(buffer) ?? buffer)
        let written = ContinuousClock.now
        let ready: ContinuousClock.Instant
        (stream.next, ready) = try await following
        stream.pace.elapsed += begun.duration(to: max(ready, written))
        if ready < written { stream.pace.waited += ready.duration(to: written) }
      }
      written += count
      progress(stream.scanner.rows - before, count)
      stream.spare = buffer
      if chunk.isCutOnTheWay, written >= cutAfter, stream.next != nil, stream.scanner.isBetweenRows {
        try await writer.write(CopyBuffer(chunk.format.tail))
        break
      }
    }
    return stream
  }
}

extension StageTable {
  func copyIn(_ format: RowFormat) -> SQL {
    let names = columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    return "COPY \(stage) (\(names)) FROM STDIN (\(format.sql))"
  }
}
