import Postgres

/// Reads a chunk's stream ahead of who writes it: a few buffers go round, so that the reader goes on while the writer
/// writes, and neither stops for each short pause of the other.
///
/// Measured with narrow rows and one job: 0.97 of what a psql pipe carries; 0.9 with two buffers, which left the
/// cores idle twice as often as the pipe does (docs/inside/experiments.md).
package struct ReadAhead: Sendable {
  /// Buffers that go round.
  package static let bufferCount = 4

  /// The end of the stream is a `nil` of its own, because a stream also ends when its task is cancelled.
  private let filled = AsyncThrowingStream.makeStream(of: CopyBuffer?.self)
  private let free = AsyncStream.makeStream(of: CopyBuffer.self)
  private let bufferBytes: Int

  /// Reads `reader` to its end while `body` takes what was read, and returns what `body` returns.
  ///
  /// Throws: what reading throws, after the buffers that were filled before; what `body` throws, which ends the reading.
  package static func run<R: Sendable>(
    _ reader: some ChunkReader, bufferBytes: Int, _ body: (ReadAhead) async throws -> R
  ) async throws -> R {
    let ahead = ReadAhead(bufferBytes: bufferBytes)
    async let reading: Void = ahead.read(reader)
    let result = try await body(ahead)
    // Who leaves early wants no more.
    ahead.free.continuation.finish()
    await reading
    return result
  }

  private init(bufferBytes: Int) {
    self.bufferBytes = bufferBytes
    for _ in 0..<Self.bufferCount { free.continuation.yield(CopyBuffer(capacity: bufferBytes)) }
  }

  /// The next buffer of the stream, which is to be given back; `nil` at its end.
  package func next() async throws -> CopyBuffer? {
    var filled = filled.stream.makeAsyncIterator()
    guard let next = try await filled.next() else { throw CancellationError() }
    return next
  }

  /// Makes room for what follows: lets go what is in the buffer.
  package func giveBack(_ buffer: CopyBuffer) {
    buffer.clear()
    free.continuation.yield(buffer)
  }

  private func read(_ reader: some ChunkReader) async {
    do {
      while let full = try await reader.next(into: try await takeFree(), size: bufferBytes) {
        filled.continuation.yield(full)
        // One wide row at a time, so that memory does not hold two.
        if full.isWide { try await waitForReturn(of: full) }
      }
      filled.continuation.yield(nil)
    } catch {
      filled.continuation.finish(throwing: error)
    }
  }

  private func takeFree() async throws -> CopyBuffer {
    var free = free.stream.makeAsyncIterator()
    guard let buffer = await free.next() else { throw CancellationError() }
    return buffer
  }

  private func waitForReturn(of buffer: CopyBuffer) async throws {
    var returned = [try await takeFree()]
    while returned.last !== buffer { returned.append(try await takeFree()) }
    for buffer in returned { free.continuation.yield(buffer) }
  }
}
