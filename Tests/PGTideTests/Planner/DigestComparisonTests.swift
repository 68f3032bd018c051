import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// How the buckets that differ are found.
@Suite struct DigestComparisonTests {
  /// What a table's buckets say on both ends. Bucket 0 of `Model([0: (3, 7)])` has three rows.
  private struct Model {
    var buckets: [Int: (rows: Int, say: Int64)]

    init(_ buckets: [Int: (rows: Int, say: Int64)]) { self.buckets = buckets }

    var whole: DigestWhole {
      DigestWhole(
        rows: buckets.values.map(\.rows).reduce(0, +), look: buckets.values.map(\.say).reduce(0, ^))
    }

    func answer(_ question: DigestQuestion) -> DigestAnswer {
      let parts = question.parts.map { part in
        buckets.filter { $0.key % question.partCount == part }.map(\.value)
      }
      return DigestAnswer(
        says: parts.map { $0.map(\.say).reduce(0, ^) },
        rows: question.asksForRows ? parts.map { $0.map(\.rows).reduce(0, +) } : [])
    }
  }

  private func plan(rows: Int, shape: (inout DigestShape) -> Void = { _ in }) -> DigestPlan {
    var wanted = DigestShape()
    wanted.rowsPerBucket = 1
    shape(&wanted)
    return DigestPlan(reasonForReading: nil, estimatedRows: rows, shape: wanted)
  }

  /// Asks until the outcome is known, and returns it with the questions.
  private func search(
    _ plan: DigestPlan, _ source: Model, _ target: Model, seesTargetOnly: Bool = false
  ) throws -> (outcome: DigestOutcome, questions: [DigestQuestion]) {
    var search = DigestSearch(
      plan: plan, source: source.whole, target: target.whole, bytesPerRow: 100, seesTargetOnly: seesTargetOnly)
    var questions: [DigestQuestion] = []
    while let question = search.question {
      questions.append(question)
      try search.take(source: source.answer(question), target: target.answer(question))
    }
    return (search.outcome, questions)
  }

  @Test func `of a table that is level one line is asked`() throws {
    let model = Model([0: (2, 77), 3: (1, -5)])
    let (outcome, questions) = try search(plan(rows: 4), model, model)
    #expect(outcome == DigestOutcome(matched: 3, toRead: 0, standing: 3, differing: [], buckets: 4))
    #expect(outcome.isLevel)
    #expect(questions.isEmpty)
  }

  @Test func `a bucket that says something else, or that only the source has, is read`() throws {
    let (outcome, questions) = try search(
      plan(rows: 4), Model([0: (2, 77), 1: (1, 8), 2: (1, 9), 3: (4, 1)]), Model([0: (2, 78), 1: (2, 9), 3: (4, 1)]))
    #expect(outcome == DigestOutcome(matched: 4, toRead: 4, standing: 8, differing: [0, 1, 2], buckets: 4))
    #expect(questions.count == 1)
  }

  @Test func `what only the target has is nothing to read`() throws {
    let outcome = try search(plan(rows: 2), Model([0: (2, 77)]), Model([0: (2, 77), 1: (1, 8)])).outcome
    #expect(outcome.isLevel)
    #expect(outcome.standing - outcome.matched == 1)
  }

  @Test func `an empty source is level`() throws {
    let outcome = try search(plan(rows: 2), Model([:]), Model([0: (2, 77)])).outcome
    #expect(outcome.isLevel)
    #expect(outcome.standing - outcome.matched == 2)
  }

  @Test func `who looks for rows of the target alone is told of their buckets`() throws {
    let outcome = try search(
      plan(rows: 2), Model([0: (2, 77)]), Model([0: (2, 77), 1: (1, 8)]), seesTargetOnly: true
    ).outcome
    #expect(!outcome.isLevel)
    #expect(outcome.differing == [1])
    #expect(outcome.matched == 2)
    let emptied = try search(plan(rows: 2), Model([:]), Model([0: (2, 77)]), seesTargetOnly: true).outcome
    #expect(!emptied.isLevel)
    #expect(emptied.standing == 2)
    #expect(try search(plan(rows: 2), Model([:]), Model([:]), seesTargetOnly: true).outcome.isLevel)
  }

  @Test func `of a target without rows nothing more is asked`() throws {
    let (outcome, questions) = try search(plan(rows: 1000), Model([0: (2, 77), 5: (1, 3)]), Model([:]))
    #expect(outcome.toRead == 3)
    #expect(!outcome.isWorthNarrowing)
    #expect(questions.isEmpty)
  }

  @Test func `in a large table groups are asked first, and then the buckets of those that differ`() throws {
    var source: [Int: (rows: Int, say: Int64)] = [:]
    for bucket in 0..<4096 { source[bucket] = (1, Int64(bucket) &* 0x1e37_79b9_7f4a_7c15 >> 3) }
    var target = source
    for (bit, bucket) in [7, 1000, 1000 + 128].enumerated() { target[bucket]!.say ^= 1 << bit }
    let (outcome, questions) = try search(plan(rows: 4096), Model(source), Model(target))
    #expect(
      outcome == DigestOutcome(matched: 4093, toRead: 3, standing: 4096, differing: [7, 1000, 1128], buckets: 4096))
    #expect(questions.map(\.partCount) == [128, 4096])
    // 1000 and 1128 are of one group.
    #expect(questions[1].groups == [7, 1000 % 128])
    #expect(questions.map(\.looksAtRows) == [false, false])
  }

  @Test func `full buckets that differ are split once more`() throws {
    // The table has 64 rows where 4 were expected, so that 16 share each of the four buckets.
    let source = Dictionary(uniqueKeysWithValues: (0..<64).map { ($0, (rows: 1, say: Int64($0 + 1) << 20)) })
    var target = source
    target[6]!.say = 5
    let plan = plan(rows: 4) {
      $0.mostBuckets = 4
      $0.bytesToSplit = 0
    }
    let (outcome, questions) = try search(plan, Model(source), Model(target))
    #expect(outcome == DigestOutcome(matched: 63, toRead: 1, standing: 64, differing: [6], buckets: 64))
    #expect(questions.map(\.partCount) == [4, 64])
    #expect(questions[1].groups == [2])
    #expect(questions[1].looksAtRows)
  }

  @Test func `answers that leave out rows are not believed`() {
    var search = DigestSearch(
      plan: plan(rows: 4), source: DigestWhole(rows: 3, look: 5), target: DigestWhole(rows: 3, look: 6), bytesPerRow: 1)
    let error = #expect(throws: SyncError.self) {
      try search.take(
        source: DigestAnswer(says: [1, 2, 0, 0], rows: [1, 1, 0, 0]), target: DigestAnswer(says: [6, 0, 0, 0]))
    }
    #expect(error?.message == "the digest's buckets say too little: 2 of 3 rows")
    #expect(throws: SyncError.self) {
      try search.take(source: DigestAnswer(says: [5], rows: [3]), target: DigestAnswer(says: [6]))
    }
  }

  @Test func `groups of kept buckets that do not make up the whole are not believed`() throws {
    let plan = plan(rows: 2048)
    var search = DigestSearch(
      plan: plan, source: DigestWhole(rows: 3, look: 5), target: DigestWhole(rows: 3, look: 6), bytesPerRow: 1)
    let parts = try #require(search.question).partCount
    let says = [Int64(1), 2] + Array(repeating: 0, count: parts - 2)
    let error = #expect(throws: SyncError.self) {
      try search.take(source: DigestAnswer(says: says), target: DigestAnswer(says: says))
    }
    #expect(error?.message == "the digest's buckets say too little: parts that do not make up the whole")
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
