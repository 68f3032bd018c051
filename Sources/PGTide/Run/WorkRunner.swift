import Postgres

/// Runs a schedule's work on a fixed number of lanes, each with at most one connection to either end at a time.
struct WorkRunner: Sendable {
  let plan: SyncPlan
  let lanes: Int
  let extraction: Extraction
  let merge: MergePhase
  /// Tables that are loaded without a stage.
  let direct: Set<QualifiedName>
  /// Tables of which nothing is left to do.
  let landed: Set<QualifiedName>
  private let landings = Landings()

  init(
    plan: SyncPlan, lanes: Int, extraction: Extraction, merge: MergePhase,
    direct: Set<QualifiedName>, landed: Set<QualifiedName>
  ) {
    self.plan = plan
    self.lanes = lanes
    self.extraction = extraction
    self.merge = merge
    self.direct = direct
    self.landed = landed
  }

  private enum Finished: Sendable {
    case copy(QualifiedName, hasFailed: Bool)
    case load([Int], DirectLoad.Outcome)
    case compare(Int, MergePhase.Compared)
    case merge(Int, hasFailed: Bool)
    case tidy
  }

  /// A work that is done, and the waits of the longest chain of works that ends with it: those of the work whose end
  /// let it begin, and its own.
  private struct Done: Sendable {
    let finished: Finished
    let path: [String: Int]
  }

  /// Stages every table, compares it and, if that is the goal, merges the groups one by one.
  ///
  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run(to goal: WorkSchedule.Goal) async throws {
    let early = direct.compactMap(plan.table).filter { $0.isWorthProving && !$0.direct.isSmall }.map(\.target)
    var schedule = WorkSchedule(plan, goal: goal, lanes: lanes, direct: direct, early: Set(early), landed: landed)
    noteEnds(schedule.takeEnds(), path: [:])
    var holdsSource = !schedule.isStagingComplete
    if !holdsSource { await extraction.releaseSource() }
    try await withThrowingTaskGroup(of: Done.self) { tasks in
      var running = 0
      var path: [String: Int] = [:]
      defer { RoundTrips.current?.add(path) }
      while true {
        while running < lanes, let work = schedule.next() {
          tasks.addTask { [path] in try await performCounted(work, after: path) }
          running += 1
        }
        guard let done = try await tasks.next() else { break }
        running -= 1
        path = done.path
        noteLanded(done.finished)
        switch done.finished {
        case .copy(let table, let hasFailed): schedule.finishCopy(of: table, hasFailed: hasFailed)
        case .load(let groups, let outcome): schedule.finishLoad(of: groups, outcome)
        case .compare(let group, let result): schedule.finishCompare(of: group, result)
        case .merge(let group, let hasFailed): schedule.finishMerge(of: group, hasFailed: hasFailed)
        case .tidy: break
        }
        noteEnds(schedule.takeEnds(), path: path)
        if holdsSource, schedule.isStagingComplete {
          holdsSource = false
          await extraction.releaseSource()
        }
      }
    }
    try await merge.recordSkipped(schedule.skipped)
  }

  /// Loads that have begun early wait for this.
  private func noteEnds(_ ends: [(group: Int, hasLanded: Bool)], path: [String: Int]) {
    for end in ends { landings.note(end.group, hasLanded: end.hasLanded, path: path) }
  }

  /// Keys of what has landed can be asked for from now on.
  private func noteLanded(_ finished: Finished) {
    let landed: [Int] =
      switch finished {
      case .load(let groups, .landed): groups
      case .compare(let group, .landed), .merge(let group, hasFailed: false): [group]
      case .copy, .load, .compare, .merge, .tidy: []
      }
    for table in landed.flatMap({ plan.groups[$0].tables }) { merge.keyCache?.noteLanded(table) }
  }

  private func performCounted(_ work: Work, after path: [String: Int]) async throws -> Done {
    let trips = RoundTrips()
    trips.add(path)
    let finished = try await RoundTrips.$current.withValue(trips) { try await perform(work) }
    return Done(finished: finished, path: trips.counts)
  }

  private func perform(_ work: Work) async throws -> Finished {
    switch work {
    case .copy(let chunk): return .copy(chunk.table, hasFailed: try await !extraction.copy(chunk))
    case .load(let groups):
      let load = DirectLoad(extraction: extraction, merge: merge, landings: landings)
      return .load(groups, try await load.load(groups.map { plan.groups[$0] }))
    case .compare(let group, let mayLand):
      return .compare(group, try await merge.compare(plan.groups[group], mayLand: mayLand))
    case .merge(let group): return .merge(group, hasFailed: try await !merge.merge(plan.groups[group]))
    case .tidy(let groups):
      try await merge.tidy(groups.flatMap { plan.groups[$0].tables }.compactMap(plan.table))
      return .tidy
    }
  }
}
