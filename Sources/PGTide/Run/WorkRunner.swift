import Postgres

/// Runs a schedule's work on a fixed number of lanes, each with at most one connection to either end at a time.
struct WorkRunner: Sendable {
  let plan: SyncPlan
  let lanes: Int
  let extraction: Extraction
  let merge: MergePhase

  private enum Finished: Sendable {
    case copy(QualifiedName, hasFailed: Bool)
    case merge(Int, landed: Bool, toAnalyze: [TablePlan])
    case analysis
  }

  /// Stages every table and, with `mergesEach`, merges the groups one by one.
  ///
  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run(mergesEach: Bool) async throws {
    var schedule = WorkSchedule(plan, mergesEach: mergesEach)
    var holdsSource = true
    try await withThrowingTaskGroup(of: Finished.self) { tasks in
      var running = 0
      while true {
        while running < lanes, let work = schedule.next() {
          tasks.addTask { try await perform(work) }
          running += 1
        }
        guard let finished = try await tasks.next() else { break }
        running -= 1
        switch finished {
        case .copy(let table, let hasFailed): schedule.finishCopy(of: table, hasFailed: hasFailed)
        case .merge(let group, let landed, let toAnalyze):
          schedule.finishMerge(of: group, landed: landed, toAnalyze: toAnalyze)
        case .analysis: break
        }
        if holdsSource, schedule.isStagingComplete {
          holdsSource = false
          await extraction.releaseSource()
        }
      }
    }
    try await merge.recordSkipped(schedule.skipped)
  }

  private func perform(_ work: Work) async throws -> Finished {
    switch work {
    case .copy(let chunk):
      return .copy(chunk.table, hasFailed: try await !extraction.copy(chunk))
    case .merge(let index):
      let landed = try await merge.merge(plan.groups[index])
      return .merge(index, landed: landed, toAnalyze: landed ? merge.toAnalyze(plan.groups[index]) : [])
    case .analyze(let table):
      try await merge.analyze(table)
      return .analysis
    }
  }
}
