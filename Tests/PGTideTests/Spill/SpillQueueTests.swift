import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct SpillQueueTests {
  /// A plan of two tables: one of three chunks, one of a single smaller one.
  private func plan() throws -> SyncPlan {
    var servers = SampleServers()
    servers.configuration.origin = .allRowsAreOurs
    servers.configuration.settings.chunkBytes = 10 * 8192
    let columns: [ColumnFacts] = [.key("id", .integer)]
    servers.source(.sample("large", columns, pages: 30), .sample("small", columns, pages: 2))
    servers.target(.sample("large", columns), .sample("small", columns, oid: 16_401))
    return try servers.plan(TableConfiguration("small"), TableConfiguration("large"))
  }

  private func spilled(_ chunk: Chunk) -> SpillQueue.State {
    .spilled(
      SpilledChunk(table: chunk.table, number: chunk.number, format: .binary, isCutOnTheWay: false, files: []))
  }

  @Test func `the largest chunks are read first, each once`() async throws {
    let queue = SpillQueue(reading: try plan())
    var taken: [String] = []
    while let chunk = await queue.take() { taken.append("\(chunk.table.name) \(chunk.number)") }
    #expect(taken == ["large 1", "large 2", "large 3", "small 1"])
  }

  @Test func `the last chunk that is finished is told`() async throws {
    let queue = SpillQueue(reading: try plan())
    var chunks: [Chunk] = []
    while let chunk = await queue.take() { chunks.append(chunk) }
    var ends: [Bool] = []
    for chunk in chunks { ends.append(await queue.finish(chunk, spilled(chunk))) }
    #expect(ends == [false, false, false, true])
    #expect(await queue.isSourceDone)
    #expect(
      await queue.spilled.map { "\($0.table.name) \($0.number)" } == ["large 1", "large 2", "large 3", "small 1"])
  }

  @Test func `whoever wants a chunk that is being read waits for it`() async throws {
    let queue = SpillQueue(reading: try plan())
    let chunk = try #require(await queue.take())
    async let outcome = queue.outcome(of: chunk)
    // The task that asks may not have come to its wait yet; either way it must see how the chunk ended.
    await Task.yield()
    _ = await queue.finish(chunk, spilled(chunk))
    guard case .spilled(let found) = await outcome else {
      Issue.record("not told of the spilled chunk")
      return
    }
    #expect(found.id == chunk.id)
  }

  @Test func `a chunk that failed is told so`() async throws {
    let queue = SpillQueue(reading: try plan())
    let chunk = try #require(await queue.take())
    _ = await queue.finish(chunk, .failed(CancellationError()))
    guard case .failed(let error) = await queue.outcome(of: chunk) else {
      Issue.record("not told of the failure")
      return
    }
    #expect(error is CancellationError)
  }

  @Test func `a table that is left out has nothing to be read`() async throws {
    let queue = SpillQueue(reading: try plan())
    await queue.leaveOut([QualifiedName("public", "large")])
    let chunk = try #require(await queue.take())
    #expect(chunk.table.name == "small")
    #expect(await queue.take()?.number == nil)
    #expect(await queue.finish(chunk, spilled(chunk)))
  }

  @Test func `a chunk that goes directly holds the source until it has come there`() async throws {
    let queue = SpillQueue(reading: try plan())
    let direct = try #require(await queue.take())
    _ = await queue.finish(direct, .direct)
    #expect(await queue.directCount == 1)
    while let chunk = await queue.take() { _ = await queue.finish(chunk, spilled(chunk)) }
    #expect(await !queue.isSourceDone)
    await queue.endDirect(direct)
    #expect(await queue.isSourceDone)
  }
}
