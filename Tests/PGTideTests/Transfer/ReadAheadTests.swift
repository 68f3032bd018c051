import Synchronization
import Testing

@testable import ConnectionStrings
@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import Postgres
@testable import PostgresValues

/// How a chunk is read ahead of who writes it.
@Suite struct ReadAheadTests {
  @Test func `buffers come in the stream's order, however few go round`() async throws {
    let reader = NumberReader(count: 100)
    let numbers = try await ReadAhead.run(reader, bufferBytes: 64) { ahead in
      var numbers: [UInt8] = []
      while let buffer = try await ahead.next() {
        numbers += buffer.narrowBytes
        ahead.giveBack(buffer)
      }
      return numbers
    }
    #expect(numbers == Array(0..<100))
    #expect(reader.buffers == ReadAhead.bufferCount)
  }

  @Test func `the reader stops when no buffer is free`() async throws {
    let reader = NumberReader(count: 100)
    try await ReadAhead.run(reader, bufferBytes: 64) { ahead in
      let first = try #require(try await ahead.next())
      for _ in 1..<ReadAhead.bufferCount { _ = try await ahead.next() }
      // Nothing has been given back: whatever time passes, there is nothing to read into.
      for _ in 0..<100 { await Task.yield() }
      #expect(reader.read == ReadAhead.bufferCount)
      ahead.giveBack(first)
      #expect(try await ahead.next()?.narrowBytes == [UInt8(ReadAhead.bufferCount)])
    }
  }

  @Test func `what was read before an error still comes`() async throws {
    let reader = NumberReader(count: 2, failure: Broken())
    await #expect(throws: Broken.self) {
      try await ReadAhead.run(reader, bufferBytes: 64) { ahead in
        #expect(try await ahead.next()?.narrowBytes == [0])
        #expect(try await ahead.next()?.narrowBytes == [1])
        _ = try await ahead.next()
      }
    }
  }

  @Test func `an error of the writer ends the reading`() async throws {
    let reader = NumberReader(count: .max)
    await #expect(throws: Broken.self) {
      try await ReadAhead.run(reader, bufferBytes: 64) { ahead in
        _ = try await ahead.next()
        throw Broken()
      }
    }
  }

  @Test func `a cancelled writer does not take a stream that broke off for a whole one`() async throws {
    let writing = Task {
      try await ReadAhead.run(EndlessWait(), bufferBytes: 64) { ahead in
        let next = try await ahead.next()
        Issue.record("the stream ended with \(String(describing: next))")
      }
    }
    writing.cancel()
    await #expect(throws: CancellationError.self) { try await writing.value }
  }

  @Test func `beside a wide row nothing is read`() async throws {
    let reader = NumberReader(count: 100, wide: 5)
    try await ReadAhead.run(reader, bufferBytes: 64) { ahead in
      while let buffer = try await ahead.next() {
        if buffer.isWide {
          for _ in 0..<100 { await Task.yield() }
          #expect(reader.read == 6)
        }
        ahead.giveBack(buffer)
      }
    }
    #expect(reader.read == 100)
  }
}

private struct Broken: Error {}

/// Fills each buffer with one number, and counts how many different buffers it was given.
private final class NumberReader: ChunkReader {
  private let count: Int
  /// The number that comes with a wide row.
  private let wide: Int?
  private let failure: Broken?
  private let state = Mutex((read: 0, buffers: Set<ObjectIdentifier>()))

  init(count: Int, wide: Int? = nil, failure: Broken? = nil) {
    self.count = count
    self.wide = wide
    self.failure = failure
  }

  var read: Int { state.withLock { $0.read } }
  var buffers: Int { state.withLock { $0.buffers.count } }

  func next(into buffer: CopyBuffer, size: Int) async throws -> CopyBuffer? {
    try state.withLock { state in
      state.buffers.insert(ObjectIdentifier(buffer))
      guard state.read < count else {
        if let failure { throw failure }
        return nil
      }
      buffer.refill { $0.append(UInt8(truncatingIfNeeded: state.read)) }
      // libpq frees what it handed over by `free`.
      if state.read == wide { buffer.wideRow = unsafe WideRow(taking: .allocate(capacity: 1), count: 0) }
      state.read += 1
      return buffer
    }
  }
}

/// Reads nothing until it is cancelled.
private struct EndlessWait: ChunkReader {
  func next(into buffer: CopyBuffer, size: Int) async throws -> CopyBuffer? {
    try await Task.sleep(for: .seconds(3600))
    return nil
  }
}
