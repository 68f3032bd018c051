import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer
@testable import PGTideTune

@Suite struct TuneSearchTests {
  private let standard = TuneChoice(RunSettings())
  private let grid = TuneGrid(
    jobs: [1, 2, 4], chunkBytes: [4 << 20, 16 << 20], bufferBytes: [64 << 10, 256 << 10], formats: [.binary, .text])

  private func choice(
    _ jobs: Int = 2, chunk: Int = 16 << 20, buffer: Int = 256 << 10, _ format: RowFormat = .binary
  ) -> TuneChoice {
    TuneChoice(jobs: jobs, chunkBytes: chunk, bufferBytes: buffer, copyFormat: format)
  }

  /// All trials of a search, in which each choice takes so long.
  private func trials(
    _ search: inout TuneSearch, seconds: (TuneChoice) -> Double = { _ in 1 }
  ) -> [TuneSearch.Trial] {
    var trials: [TuneSearch.Trial] = []
    while let trial = search.next() {
      trials.append(trial)
      search.note(trial.choice, seconds: seconds(trial.choice))
    }
    return trials
  }

  @Test func `jobs and formats are tried first, the settings now before all others`() {
    #expect(
      grid.broad(around: standard) == [
        choice(), choice(2, .text), choice(1), choice(1, .text), choice(4), choice(4, .text),
      ])
  }

  @Test func `settings that are not in the grid are tried as well`() {
    var own = standard
    own.jobs = 3
    #expect(grid.broad(around: own).map(\.jobs) == [3, 3, 4, 4, 2, 2, 1, 1])
  }

  @Test func `of chunks and buffers, what differs in one thing comes first`() {
    #expect(
      grid.fine(around: choice(4, .text)) == [
        choice(4, chunk: 4 << 20, .text), choice(4, buffer: 64 << 10, .text),
        choice(4, chunk: 4 << 20, buffer: 64 << 10, .text),
      ])
  }

  @Test func `every choice has its turn once in a round, at another place in each`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 33)
    let broad = trials(&search).prefix(18)
    #expect(broad.map(\.round) == (1...3).flatMap { Array(repeating: $0, count: 6) })
    for round in 1...3 {
      let choices = broad.filter { $0.round == round }.map(\.choice)
      #expect(Set(choices) == Set(grid.broad(around: standard)))
    }
    #expect(Set((0..<3).map { broad[$0 * 6].choice }).count == 3)
  }

  @Test func `chunks and buffers are tried around the best of the first part, beside it and the settings now`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 33)
    let fine = trials(&search) { $0.jobs == 4 && $0.copyFormat == .text ? 0.5 : 1 }.dropFirst(18)
    let leader = choice(4, .text)
    #expect(Set(fine.map(\.choice)) == Set([standard, leader] + grid.fine(around: leader)))
    #expect(search.results[standard]?.count == 6)
    #expect(search.left.isEmpty)
  }

  @Test func `with much time there are more rounds`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 10_000)
    #expect(trials(&search).map(\.round).max() == TuneSearch.mostRounds)
  }

  @Test func `with little time there are fewer choices, not fewer rounds`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 9)
    let tried = trials(&search)
    #expect(Set(tried.map(\.choice)) == [choice(), choice(2, .text), choice(1)])
    #expect(tried.count == 9)
    #expect(search.left.contains(choice(4, .text)))
    #expect(search.left.contains(choice(buffer: 64 << 10)))
  }

  @Test func `with next to no time the settings now are compared with one other`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 0)
    #expect(Set(trials(&search).map(\.choice)) == [choice(), choice(2, .text)])
  }

  @Test func `when the time is up, what was not tried often enough is told`() {
    var search = TuneSearch(standard: standard, grid: grid, affordable: 33)
    for _ in 0..<13 {
      guard let trial = search.next() else { break }
      search.note(trial.choice, seconds: 1)
    }
    search.end()
    #expect(search.next() == nil)
    // One of the six has had its third turn, and of the settings now it need not be told.
    #expect(search.left.count(where: { $0.chunkBytes == 16 << 20 && $0.bufferBytes == 256 << 10 }) == 4)
    #expect(search.left.contains(choice(chunk: 4 << 20)))
    #expect(!search.left.contains(standard))
  }

  @Test(arguments: [([], 0), ([3], 3), ([3, 1], 2), ([9, 1, 2], 2), ([4, 1, 3, 2], 2.5)] as [([Double], Double)])
  func `the median is in the middle`(values: [Double], median: Double) {
    #expect(values.median == median)
  }
}

@Suite struct TuneAdviceTests {
  private let standard = TuneChoice(RunSettings())

  private func choice(_ jobs: Int, _ format: RowFormat = .binary, buffer: Int = 256 << 10) -> TuneChoice {
    TuneChoice(jobs: jobs, chunkBytes: 16 << 20, bufferBytes: buffer, copyFormat: format)
  }

  @Test func `what is faster in each trial than the settings now in any is recommended`() {
    let advice = TuneAdvice(
      standard: standard, results: [standard: [2, 2.2, 2.1], choice(4): [1, 1.05, 1.1], choice(1): [3, 3, 3]])
    #expect(advice.choice == choice(4))
    #expect(advice.gain == 2)
    #expect(
      advice.reason
        == "2.00 times as fast as the settings now, and each of 3 trials faster than each of 3 with those.")
  }

  @Test func `what is faster by the median only is not`() {
    let advice = TuneAdvice(standard: standard, results: [standard: [2, 2.2, 2.1], choice(4): [1, 1.05, 2]])
    #expect(advice.choice == standard)
    #expect(advice.gain == 1)
    #expect(advice.reason.hasPrefix("Nothing that was tried is faster beyond the spread"))
  }

  @Test func `too few trials prove nothing`() {
    #expect(TuneAdvice(standard: standard, results: [standard: [2, 2, 2], choice(4): [1, 1]]).choice == standard)
    let advice = TuneAdvice(standard: standard, results: [standard: [2, 2], choice(4): [1, 1, 1]])
    #expect(advice.choice == standard)
    #expect(advice.reason.hasPrefix("There was no time"))
    #expect(TuneAdvice(standard: standard, results: [:]).choice == standard)
  }

  @Test func `of several that do as well as the best, the nearest to the settings now is taken`() {
    let advice = TuneAdvice(
      standard: standard,
      results: [
        standard: [2, 2, 2], choice(8, .text, buffer: 64 << 10): [1, 1.2, 1.1], choice(4, .text): [1.15, 1.3, 1.2],
        choice(2, .text): [1.2, 1.3, 1.25], choice(8): [1.2, 1.25, 1.3], choice(1): [1.5, 1.5, 1.5],
      ])
    // Both differ in one thing from now; two jobs need fewer connections than eight.
    #expect(advice.choice == choice(2, .text))
  }
}
