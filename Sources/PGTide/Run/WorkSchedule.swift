import Postgres

/// Decides what is done next.
///
/// A group of tables has one state (``GroupState``, with the table of all moves). Works are taken with ``next()``; what has
/// become of them comes in with ``take(_:)``, and moves the groups that it touches, so that the work of deciding grows
/// with the number of tables, and not with its square. A move that cannot be ends the program.
///
/// A work begins when a group's state and its parents allow it:
///
/// | work | state | when |
/// | --- | --- | --- |
/// | copy | staging | there are chunks that nobody reads |
/// | load | empty | its parents have landed, or it is so large that only its proof should wait for them |
/// | analyze | loaded | its parents have not landed |
/// | prove | loaded | its parents have landed |
/// | roll back | loaded | a parent has failed |
/// | compare | staging | all chunks are copied, and its parents are compared; if it looks values up in them on the target, they have landed |
/// | merge | compared | its parents have landed |
/// | cleanUp | landed | nobody needs its delta any more |
///
/// No work waits for another. A load is two works, and more if it has to wait, because its transaction stays open in
/// between: it keeps its worker, which stands for a connection to the target, from the first to the last of them. At least one
/// worker is left for what such a load waits for.
///
/// Of what can be done, that goes first for which the most other work waits (``WorkGraph/urgency``).
struct WorkSchedule {
  /// Where not each group lands by itself, they are compared only: a merge of all tables together comes later.
  let goal: RunGoal
  let workers: Int
  let graph: WorkGraph
  private(set) var states: [GroupState]
  /// Workers that have a work, or hold a load's transaction.
  private(set) var taken = 0
  /// Loads that have begun and not ended, by the first of their groups.
  private(set) var loads: [Int: [Int]] = [:]
  var chunks: ChunkQueue
  /// To be staged if the direct load is given up.
  private var chunksOfLoads: [QualifiedName: [Chunk]]
  /// How many of the groups that it refers to have not landed, or are not compared.
  private var unlandedParents: [Int]
  private var uncomparedParents: [Int]
  /// Groups of which rows may still have to be read.
  private var needingSource: Int
  /// The ranks of the groups with which something can be done now, in their order.
  private(set) var ready: [Int] = []
  /// Groups that may be loaded before what they refer to has landed, the largest at the end. Those of which that is no
  /// more the question are taken out when they are met there.
  var early: [Int]
  /// Groups of small tables that are to be loaded, which is done together, in the order of the plan.
  private(set) var small: [Int]
  let isSmall: [Bool]

  /// - Parameter direct: tables to load without a stage.
  /// - Parameter early: those of them that wait by themselves for what they refer to, if they are not small.
  /// - Parameter landed: tables of which nothing is left to do.
  init(
    _ plan: SyncPlan, goal: RunGoal, workers: Int = 1, direct: Set<QualifiedName> = [], early: Set<QualifiedName> = [],
    landed: Set<QualifiedName> = []
  ) {
    self.goal = goal
    self.workers = workers
    let graph = WorkGraph(plan)
    self.graph = graph
    let chunksOf = Dictionary(plan.tables.map { ($0.target, $0.chunks) }, uniquingKeysWith: +)
    let states: [GroupState] = plan.groups.map { group in
      if group.tables.allSatisfy(landed.contains) { return .level }
      if group.tables.allSatisfy(direct.contains) { return .empty(isSecondTry: false) }
      return .staging(unread: group.tables.map { chunksOf[$0]?.count ?? 0 }.reduce(0, +), copying: 0)
    }
    self.states = states
    func isStaged(_ table: QualifiedName) -> Bool {
      if let group = graph.groupOf[table], case .staging = states[group] { true } else { false }
    }
    chunks = ChunkQueue(plan.tables.filter { isStaged($0.target) }.flatMap(\.chunks)) { table in
      graph.groupOf[table].map { graph.urgency[$0] } ?? 0
    }
    chunksOfLoads = chunksOf.filter { !isStaged($0.key) }
    let small = Set(
      plan.tables.filter { direct.contains($0.target) && $0.direct.isSmall }.compactMap { graph.groupOf[$0.target] })
    self.small = small.sorted().filter { states[$0].isEmpty }
    isSmall = plan.groups.indices.map(small.contains)
    self.early = Set(early.compactMap { graph.groupOf[$0] }).subtracting(small).sorted(by: graph.isSmaller)
    unlandedParents = plan.groups.map { $0.parents.count { !states[$0].hasLanded } }
    uncomparedParents = plan.groups.map { $0.parents.count { !states[$0].isCompared } }
    needingSource = states.count { $0.needsSource }
    ready = graph.order.indices.filter { isReady(graph.order[$0]) }
  }

  /// All rows that can be staged are staged, or loaded directly.
  var isStagingComplete: Bool { needingSource == 0 }

  /// Every group has come to the end of its way.
  var isFinished: Bool {
    states.allSatisfy { state in
      switch state {
      case .cleaned, .level, .failed, .skipped(_, copying: 0): true
      case .compared: goal != .landEach
      default: false
      }
    }
  }

  /// Groups that are not merged, each with the one that stopped it.
  var skipped: [Int: Int] {
    var skipped: [Int: Int] = [:]
    for (group, state) in states.enumerated() {
      if case .skipped(let parent, _) = state { skipped[group] = parent }
    }
    return skipped
  }

  func parentsHaveLanded(_ group: Int) -> Bool { unlandedParents[group] == 0 }

  // MARK: - Works

  /// What can be done now; `nil` if something has to end first, or all is done.
  mutating func next() -> Work? {
    // They have their worker already.
    if let work = workOfLoads { return begin(work) }
    guard taken < workers, let work = choice else { return nil }
    taken += 1
    return begin(work)
  }

  private mutating func begin(_ work: Work) -> Work {
    switch work {
    case .copy(let chunk): send(.chunkBegins, to: group(of: chunk.table))
    case .load(let load):
      loads[load[0]] = load
      small.removeAll(where: load.contains)
      send(.loadBegins, to: load)
    case .analyze(let load): send(.analysisBegins, to: load)
    case .prove(let load): send(.proofBegins, to: load)
    case .rollBack(let load): send(.rollbackBegins, to: load)
    case .compare(let group, let mayLand): send(.comparisonBegins(mayLand: mayLand), to: group)
    case .merge(let group): send(.mergeBegins, to: group)
    case .cleanUp(let groups): send(.cleanupBegins, to: groups)
    }
    return work
  }

  /// Takes note of what has become of a work.
  mutating func take(_ end: WorkEnd) {
    switch end {
    case .copied(let table, let hasFailed):
      // If one fails, the others need not be read any more; the group is told when it is compared.
      send(hasFailed ? .chunkFails(unread: chunks.drop(table)) : .chunkIsCopied, to: group(of: table))
    case .loaded(let load): return send(.rowsAreLoaded, to: load)
    case .analyzed(let load): return send(.analysisEnds, to: load)
    case .loadEnded(let load, let outcome): endLoad(load, outcome)
    case .compared(let group, let result): send(event(result), to: group)
    case .merged(let group, let hasFailed): send(hasFailed ? .mergeFails : .mergeLands, to: group)
    case .cleaned(let groups): send(.cleanupEnds, to: groups)
    }
    taken -= 1
  }

  private func event(_ result: MergePhase.Compared) -> GroupEvent {
    switch result {
    case .failed: .comparisonFails
    case .compared: .comparisonEnds
    case .landed: .comparisonLands
    }
  }

  private mutating func endLoad(_ load: [Int], _ outcome: DirectLoad.Outcome) {
    loads[load[0]] = nil
    for group in load {
      let tables = graph.groups[group].tables
      switch outcome {
      case .landed: send(.loadLands, to: group)
      case .givenUp(let culprit):
        let chunks = tables.compactMap { chunksOfLoads[$0]?.count }.reduce(0, +)
        send(.loadIsGivenUp(isCulprit: culprit.map(tables.contains) ?? true, chunks: chunks), to: group)
      }
      switch states[group] {
      case .staging: chunks.add(tables.flatMap { chunksOfLoads[$0] ?? [] })
      case .empty where isSmall[group]: small = (small + [group]).sorted()
      default: break
      }
    }
  }

  // MARK: - Moves

  private func group(of table: QualifiedName) -> Int {
    guard let group = graph.groupOf[table] else { fatalError("the plan has no group of \(table)") }
    return group
  }

  private mutating func send(_ event: GroupEvent, to groups: [Int]) { for group in groups { send(event, to: group) } }

  /// Moves a group, and what refers to it if it will not land.
  private mutating func send(_ event: GroupEvent, to group: Int) {
    var open = [(event, group)]
    while let (event, group) = open.popLast() {
      let before = states[group]
      guard let after = before.next(on: event) else {
        fatalError("group \(group) is \(before), and cannot take \(event)")
      }
      move(group, from: before, to: after)
      guard after.isLost, !before.isLost else { continue }
      for table in graph.groups[group].tables { chunks.drop(table) }
      open += graph.dependants[group].reversed().map { (.parentFails(group), $0) }
    }
  }

  private mutating func move(_ group: Int, from before: GroupState, to after: GroupState) {
    states[group] = after
    needingSource += (after.needsSource ? 1 : 0) - (before.needsSource ? 1 : 0)
    let (lands, isCompared) = (!before.hasLanded && after.hasLanded, !before.isCompared && after.isCompared)
    for dependant in graph.dependants[group] where lands || isCompared {
      if lands { unlandedParents[dependant] -= 1 }
      if isCompared { uncomparedParents[dependant] -= 1 }
      noteWhetherReady(dependant)
    }
    noteWhetherReady(group)
  }

  private func isReady(_ group: Int) -> Bool {
    switch states[group] {
    case .staging(unread: 0, copying: 0):
      goal == .landEach && graph.looksUp[group] ? parentsHaveLanded(group) : uncomparedParents[group] == 0
    case .empty: parentsHaveLanded(group)
    case .compared: goal == .landEach && parentsHaveLanded(group)
    default: false
    }
  }

  private mutating func noteWhetherReady(_ group: Int) {
    var (low, high) = (0, ready.count)
    while low < high {
      let middle = (low + high) / 2
      if ready[middle] < graph.rank[group] { low = middle + 1 } else { high = middle }
    }
    let isKnown = low < ready.count && ready[low] == graph.rank[group]
    if isReady(group), !isKnown { ready.insert(graph.rank[group], at: low) }
    if isKnown, !isReady(group) { ready.remove(at: low) }
  }
}
