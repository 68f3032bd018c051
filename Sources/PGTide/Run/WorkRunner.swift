import Postgres

/// Runs a schedule's work on a fixed number of lanes, each with at most one connection to either end at a time.
struct WorkRunner: Sendable {
  let plan: SyncPlan
  let lanes: Int
  let extraction: Extraction
  let merge: MergePhase
  /// Tables that are loaded without a stage.
  let direct: Set<QualifiedName>

  private enum Finished: Sendable {
    case copy(QualifiedName, hasFailed: Bool)
    case load(Int, hasLanded: Bool)
    case compare(Int, hasFailed: Bool)
    case merge(Int, hasFailed: Bool)
    case tidy
  }

  /// Stages every table, compares it and, if that is the goal, merges the groups one by one.
  ///
  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run(to goal: WorkSchedule.Goal) async throws {
    var schedule = WorkSchedule(plan, goal: goal, direct: direct)
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
        case .load(let group, let hasLanded): schedule.finishLoad(of: group, hasLanded: hasLanded)
        case .compare(let group, let hasFailed): schedule.finishCompare(of: group, hasFailed: hasFailed)
        case .merge(let group, let hasFailed): schedule.finishMerge(of: group, hasFailed: hasFailed)
        case .tidy: break
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
    case .copy(let chunk): return .copy(chunk.table, hasFailed: try await !extraction.copy(chunk))
    case .load(let group):
      let load = DirectLoad(extraction: extraction, merge: merge)
      return .load(group, hasLanded: try await load.load(plan.groups[group]))
    case .compare(let group): return .compare(group, hasFailed: try await !merge.compare(plan.groups[group]))
    case .merge(let group): return .merge(group, hasFailed: try await !merge.merge(plan.groups[group]))
    case .tidy(let group):
      try await merge.tidy(plan.groups[group])
      return .tidy
    }
  }
}
