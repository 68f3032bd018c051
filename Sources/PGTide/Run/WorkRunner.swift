import Postgres

/// Runs a schedule's work on a fixed number of workers, each with at most one connection to either end at a time.
struct WorkRunner: Sendable {
  let context: RunContext
  let extraction: Extraction
  let merge: MergePhase
  /// Tables that are loaded without a stage.
  let direct: Set<QualifiedName>
  /// Tables of which nothing is left to do.
  let landed: Set<QualifiedName>
  private let open = OpenLoads()

  init(
    _ context: RunContext, extraction: Extraction, merge: MergePhase, direct: Set<QualifiedName>,
    landed: Set<QualifiedName>
  ) {
    self.context = context
    self.extraction = extraction
    self.merge = merge
    self.direct = direct
    self.landed = landed
  }

  /// What became of a work, and the waits of the longest chain of works that ends with it: those of the works whose ends
  /// let it begin, and its own.
  private struct Done: Sendable {
    let end: WorkEnd
    let path: [String: Int]
  }

  /// Stages every table, compares it and, if each is to land, merges the groups one by one.
  ///
  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run() async throws {
    let plan = context.plan
    let early = direct.compactMap(plan.table).filter(\.isWorthProving).map(\.target)
    var schedule = WorkSchedule(
      plan, goal: context.goal, workers: context.settings.jobs, direct: direct, early: Set(early), landed: landed)
    do {
      try await work(on: &schedule)
    } catch {
      await open.rollBackAll(context.targets)
      throw error
    }
    guard schedule.isFinished else { fatalError("the schedule stands still: \(schedule.states)") }
    try await merge.recordSkipped(schedule.skipped)
  }

  private func work(on schedule: inout WorkSchedule) async throws {
    var holdsSource = true
    try await withThrowingTaskGroup(of: Done.self) { tasks in
      var path: [String: Int] = [:]
      var pathsOfLoads: [[Int]: [String: Int]] = [:]
      defer { RoundTrips.current?.add(path) }
      while true {
        if holdsSource, !context.keepsSource, schedule.isStagingComplete {
          holdsSource = false
          await extraction.releaseSource()
        }
        while let work = schedule.next() {
          let begun = work.load.flatMap { pathsOfLoads[$0] } ?? [:]
          tasks.addTask { [path] in try await perform(work, after: [path, begun]) }
        }
        guard let done = try await tasks.next() else { break }
        path = done.path
        noteLanded(done.end)
        if let load = done.end.openLoad { pathsOfLoads[load] = path }
        schedule.take(done.end)
      }
    }
  }

  /// Keys of what has landed can be asked for from now on.
  private func noteLanded(_ end: WorkEnd) {
    let landed: [Int] =
      switch end {
      case .loadEnded(let groups, .landed): groups
      case .compared(let group, .landed), .merged(let group, hasFailed: false): [group]
      case .copied, .loaded, .analyzed, .loadEnded, .compared, .merged, .cleaned: []
      }
    for table in landed.flatMap({ context.plan.groups[$0].tables }) { merge.keyCache?.noteLanded(table) }
  }

  /// - Parameter paths: waits of what had to end before.
  private func perform(_ work: Work, after paths: [[String: Int]]) async throws -> Done {
    let trips = RoundTrips()
    for path in paths { trips.raise(to: path) }
    let end = try await RoundTrips.$current.withValue(trips) { try await perform(work) }
    return Done(end: end, path: trips.counts)
  }

  private func perform(_ work: Work) async throws -> WorkEnd {
    let load = DirectLoad(context: context, extraction: extraction, merge: merge, open: open)
    func groups(_ places: [Int]) -> [MergeGroup] { places.map { context.plan.groups[$0] } }
    switch work {
    case .copy(let chunk): return .copied(chunk.table, hasFailed: try await !extraction.copy(chunk))
    case .load(let places): return ended(places, try await load.begin(groups(places))) ?? .loaded(places)
    case .analyze(let places): return ended(places, try await load.analyze(groups(places))) ?? .analyzed(places)
    case .prove(let places): return .loadEnded(places, try await load.prove(groups(places)))
    case .rollBack(let places): return .loadEnded(places, try await load.rollBack(groups(places)))
    case .compare(let group, let mayLand):
      return .compared(group, try await merge.compare(context.plan.groups[group], mayLand: mayLand))
    case .merge(let group): return .merged(group, hasFailed: try await !merge.merge(context.plan.groups[group]))
    case .cleanUp(let places):
      try await merge.cleanUp(groups(places).flatMap(\.tables).compactMap(context.plan.table))
      return .cleaned(places)
    }
  }

  private func ended(_ load: [Int], _ outcome: DirectLoad.Outcome?) -> WorkEnd? {
    outcome.map { .loadEnded(load, $0) }
  }
}

extension Work {
  /// The load that this goes on with.
  fileprivate var load: [Int]? {
    switch self {
    case .analyze(let load), .prove(let load), .rollBack(let load): load
    case .copy, .load, .compare, .merge, .cleanUp: nil
    }
  }
}

extension WorkEnd {
  /// The load that goes on behind this.
  fileprivate var openLoad: [Int]? {
    switch self {
    case .loaded(let load), .analyzed(let load): load
    case .copied, .loadEnded, .compared, .merged, .cleaned: nil
    }
  }
}
