import Testing

@testable import PGTide

/// What two digests say together.
@Suite struct DigestComparisonTests {
  /// - Parameter rows: what the source says it has in all.
  private func compare(_ source: String, _ rows: Int, _ target: String) throws -> DigestOutcome {
    try Digest.compare(source: Digest(text: source, rows: rows), target: Digest(text: target, rows: 0))
  }

  @Test func `buckets that say the same match`() throws {
    let outcome = try compare("0 2 77\n3 1 -5", 3, "0 2 77\n3 1 -5")
    #expect(outcome == DigestOutcome(matched: 3, toRead: 0, differing: []))
    #expect(outcome.isLevel)
  }

  @Test func `a bucket with another look, another number of rows or none on the target is read`() throws {
    let outcome = try compare("0 2 77\n1 1 8\n2 1 9\n3 4 1", 8, "0 2 78\n1 2 8\n3 4 1")
    #expect(outcome == DigestOutcome(matched: 4, toRead: 4, differing: [0, 1, 2]))
  }

  @Test func `what only the target has is nothing to read`() throws {
    #expect(try compare("0 2 77", 2, "0 2 77\n1 1 8").isLevel)
  }

  @Test func `an empty source is level`() throws {
    #expect(try compare("", 0, "0 2 77").isLevel)
  }

  @Test func `buckets that leave out rows of the source are not believed`() {
    let error = #expect(throws: SyncError.self) { try compare("0 2 77", 3, "0 2 77") }
    #expect(error?.message == "the digest's buckets have 2 of the source's 3 rows")
  }

  @Test(arguments: [(9, true), (10, false), (11, true)])
  func `a table of which other rows come than its digest announced is not merged`(came: Int, isWrong: Bool) {
    var table = ExtractedTable(openChunks: 0)
    table.counts.matched = 90
    table.counts.read = 90 + came
    table.announced = 10
    #expect((table.mismatch != nil) == isWrong)
  }
}
