import PGTide
import Postgres

/// The trials of a tune, within its time.
struct TuneRun: Sendable {
  let plan: SyncPlan
  let configuration: SyncConfiguration
  let staging: TuneStaging
  /// Empties the stages.
  let target: Connection
  let budget: Duration
  let end: ContinuousClock.Instant
  let mostJobs: Int
  let observer: @Sendable (TuneEvent) -> Void

  /// Of the budget, a trial of the settings now takes about this share at least, unless there are no more rows.
  private static let share = 1.0 / 50
  /// A small beginning: half a megabyte of each table.
  private static let firstPages = 64

  func report(since start: ContinuousClock.Instant) async throws -> TuneReport {
    let standard = TuneChoice(configuration.settings)
    let (sample, first) = try await findSample(standard)
    observer(.sampled(tables: sample.tableCount, rows: first.rows, isWhole: sample.isWhole, seconds: first.seconds))
    // A quarter more than it took: to empty the stages, and for choices that are slower.
    let left = ContinuousClock.now.duration(to: end).seconds
    var search = TuneSearch(
      standard: standard, grid: grid(sample, standard), affordable: Int(left / max(0.01, first.seconds * 1.25)))
    let bytes = try await tryAll(&search, sample)
    let advice = TuneAdvice(standard: standard, results: search.results)
    return TuneReport(
      flow: plan.flow, tables: sample.tableCount, rows: first.rows, isWhole: sample.isWhole, now: standard,
      trials: trials(search.results, bytes), recommended: advice.choice, gain: advice.gain, reason: advice.reason,
      notTried: search.left, seconds: start.duration(to: .now).seconds,
      notices: plan.warnings + plan.notices + sample.notices)
  }

  /// Stages more and more with the settings now, until that takes long enough to be measured, or is all there is. What
  /// was read once is in the source's memory then, so that no trial has to fetch it from disk for the others.
  private func findSample(_ standard: TuneChoice) async throws -> (TuneSample, TuneStaging.Outcome) {
    var sample = TuneSample(plan, configuration, pages: Self.firstPages)
    guard !sample.isEmpty else {
      throw SyncError(
        message: "no table can be tried", advice: sample.notices.joined(separator: "; ") + ". Choose others")
    }
    let enough = budget.seconds * Self.share
    while true {
      guard let outcome = try await beforeEnd({ [sample] in try await staging.run(sample, standard, emptying: target) })
      else {
        throw SyncError(
          message: "the time was over before the first sample had been staged", advice: "Give it more: --budget")
      }
      if sample.isWhole || outcome.seconds >= enough {
        return (sample, outcome)
      }
      sample.grow(by: min(8, max(2, enough / max(0.001, outcome.seconds))))
    }
  }

  /// Returns the bytes that a trial of each choice moved.
  private func tryAll(_ search: inout TuneSearch, _ sample: TuneSample) async throws -> [TuneChoice: Int] {
    var bytes: [TuneChoice: Int] = [:]
    while let trial = search.next() {
      guard
        let outcome = try await beforeEnd({ try await staging.run(sample, trial.choice, emptying: target) })
      else {
        search.end()
        break
      }
      search.note(trial.choice, seconds: outcome.seconds)
      bytes[trial.choice] = outcome.bytes
      observer(.tried(trial.choice, round: trial.round, rounds: trial.rounds, seconds: outcome.seconds))
    }
    return bytes
  }

  private func trials(_ results: [TuneChoice: [Double]], _ bytes: [TuneChoice: Int]) -> [TuneReport.Trial] {
    results.map { choice, seconds in
      TuneReport.Trial(
        choice: choice, seconds: seconds, median: seconds.median, fastest: seconds.min() ?? 0,
        slowest: seconds.max() ?? 0, bytes: bytes[choice] ?? 0)
    }.sorted { ($0.median, $0.choice.jobs) < ($1.median, $1.choice.jobs) }
  }

  /// Only what makes a difference: no more jobs than there are chunks or connections, and no chunk size that cuts the
  /// sample as another one does.
  private func grid(_ sample: TuneSample, _ standard: TuneChoice) -> TuneGrid {
    var grid = TuneGrid()
    var counts = [sample.pieces(standard).count]
    grid.chunkBytes = grid.chunkBytes.filter { size in
      guard size != standard.chunkBytes else { return true }
      var choice = standard
      choice.chunkBytes = size
      let count = sample.pieces(choice).count
      defer { counts.append(count) }
      return !counts.contains(count)
    }
    let workers = min(mostJobs, counts[0])
    grid.jobs = grid.jobs.filter { $0 <= workers && plan.workers(of: $0, readsSource: true) == $0 }
    return grid
  }

  /// `nil`, with the work cancelled, when the time is up.
  private func beforeEnd<R: Sendable>(_ body: @escaping @Sendable () async throws -> R) async throws -> R? {
    try await withThrowingTaskGroup(of: R?.self) { group in
      group.addTask { try await body() }
      group.addTask { [end] in
        try await Task.sleep(until: end, clock: .continuous)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }
}
