import CopyFormat
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

@Suite struct OrphanFilterTests {
  private typealias Target = SampleKeys.Target

  /// What comes out of a filter, and the filter.
  private func filtered(_ buffers: [[UInt8]], _ cache: KeyCache) async throws -> (sent: [UInt8], filter: OrphanFilter) {
    let table = try SampleKeys.plan()
    var filter = OrphanFilter(try #require(table.keyCache), of: table.target, fieldCount: 3, cache: cache)
    var sent: [UInt8] = []
    for buffer in buffers { sent += try await filter.filter(CopyBuffer(buffer)).narrowBytes }
    return (sent, filter)
  }

  private let rows = [SampleKeys.row(1, parent: 7), SampleKeys.row(2, parent: 8), SampleKeys.row(3, parent: nil)]

  @Test func `rows of which nobody knows wait, are asked for once, and go or are held back`() async throws {
    let target = Target(parents: [7])
    let cache = try SampleKeys.cache(target)
    let (sent, filter) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(target.questions == [[7, 8]])
    // What waited goes behind what did not have to.
    #expect(sent == SampleKeys.stream([rows[2], rows[0]]))
    #expect(filter.held.rows == 1)
    #expect(filter.held.keysAsked == 2)
    #expect(try filter.held.segments.map { try cache.held.tuples(of: $0) } == [rows[1]])
  }

  @Test func `what is known is not asked for again`() async throws {
    let target = Target(parents: [7])
    let cache = try SampleKeys.cache(target)
    _ = try await filtered([SampleKeys.stream(rows)], cache)
    let (sent, filter) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(target.questions.count == 1)
    #expect(sent == SampleKeys.stream([rows[0], rows[2]]))
    #expect(filter.held.rows == 1)
    #expect(filter.held.keysAsked == 0)
  }

  @Test func `rows of a parent that is still to merge pass as they came`() async throws {
    let target = Target(parents: [])
    let cache = try SampleKeys.cache(target, running: [QualifiedName("public", "parents")])
    let buffer = CopyBuffer(SampleKeys.stream(rows))
    let table = try SampleKeys.plan()
    var filter = OrphanFilter(try #require(table.keyCache), of: table.target, fieldCount: 3, cache: cache)
    #expect(try await filter.filter(buffer) === buffer)
    #expect(target.questions.isEmpty)
    cache.noteLanded(QualifiedName("public", "parents"))
    let (_, later) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(later.held.rows == 2)
  }

  @Test func `a question that fails lets all rows go, and is not asked again`() async throws {
    let target = Target(parents: [7], fails: true)
    let cache = try SampleKeys.cache(target)
    let (sent, filter) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(sent.count == SampleKeys.stream(rows).count)
    #expect(filter.held.rows == 0)
    #expect(filter.withheld == 0)
    let (again, _) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(again == SampleKeys.stream(rows))
    #expect(target.questions.count == 1)
  }

  @Test func `the first rows without a parent cross whole, for the user to look at`() async throws {
    let cache = try SampleKeys.cache(Target(parents: [])) { $0.wholeBytes = SampleKeys.row(1, parent: 7).count }
    let (sent, filter) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(sent == SampleKeys.stream([rows[2], rows[0]]))
    #expect(filter.held.rows == 1)
  }

  @Test func `rows are asked for before the end, when enough of them wait`() async throws {
    let target = Target(parents: [7])
    let cache = try SampleKeys.cache(target) { $0.waitingBytes = 1 }
    let (_, filter) = try await filtered(
      [CopyHeader.bytes + rows[0], rows[1], rows[0] + CopyTrailer.bytes], cache)
    #expect(target.questions == [[7], [8]])
    #expect(filter.held.rows == 1)
    #expect(filter.withheld == 1)
  }

  @Test func `a row that is cut by the end of a buffer passes`() async throws {
    let target = Target(parents: [])
    let cache = try SampleKeys.cache(target)
    let stream = SampleKeys.stream([rows[0]])
    let place = CopyHeader.bytes.count + 5
    let (sent, filter) = try await filtered([Array(stream[..<place]), Array(stream[place...])], cache)
    #expect(sent == stream)
    #expect(filter.held.rows == 0)
  }

  @Test func `where keys cannot be remembered, rows pass`() async throws {
    let target = Target(parents: [])
    let cache = try SampleKeys.cache(target) { $0.keys = 0 }
    let (sent, _) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(sent == SampleKeys.stream(rows))
    #expect(target.questions.isEmpty)
  }

  @Test func `where rows cannot be held, they go`() async throws {
    let cache = try SampleKeys.cache(Target(parents: [])) { ($0.heldInMemory, $0.heldOnDisk) = (0, 0) }
    let (sent, filter) = try await filtered([SampleKeys.stream(rows)], cache)
    #expect(sent.count == SampleKeys.stream(rows).count)
    #expect(filter.withheld == 0)
  }
}
