import Postgres

/// One thing that a lane can do. Groups are named by their place in the plan.
enum Work: Sendable {
  /// Bring a chunk to its stage.
  case copy(Chunk)
  /// Load empty tables straight from the source: one, or several small ones.
  case load([Int])
  /// Find out what differs. Where nothing does, it may land at once if all that it refers to has.
  case compare(Int, mayLand: Bool)
  /// Write what differs.
  case merge(Int)
  /// Empty the stages, and analyze what changed.
  case tidy([Int])
}

/// Decides what is done next.
///
/// An empty table that can be loaded directly is, as soon as what it refers to has landed; the largest ones before that,
/// if only their proof has to wait. If a load is given up, the table goes the way of all others. A group is compared as
/// soon as its tables are staged and the groups that it refers to are compared; it merges when those have landed; it is
/// tidied when nobody needs its delta any more. Of what can be done, that goes first for which the most other work waits:
/// a group's urgency is its own size plus that of the longest chain of groups behind it.
///
/// What an event makes possible is found among the groups that it touches, so that the work of deciding grows with the
/// number of tables, and not with its square.
struct WorkSchedule {
  /// How far groups are taken.
  enum Goal: Sendable {
    /// Compared only: a dry run, or a merge of all tables together later.
    case compare
    case merge
  }

  private enum State {
    case staging, toLoad, loading, comparing, compared, merging, landed, failed, tidied

    var hasLanded: Bool { self == .landed || self == .tidied }

    var isCompared: Bool {
      switch self {
      case .compared, .merging, .landed, .tidied: true
      case .staging, .toLoad, .loading, .comparing, .failed: false
      }
    }
  }

  private let goal: Goal
  private let lanes: Int
  private let groups: [MergeGroup]
  private let dependants: [[Int]]
  private let groupOf: [QualifiedName: Int]
  private let sizes: [Int]
  private let urgency: [Int]
  /// All groups, the most urgent at the end, and the place of each.
  private let order: [Int]
  private let rank: [Int]
  /// Groups that may be loaded before what they refer to has landed, the largest at the end. Those of which that is no
  /// more the question are taken out when they are met there.
  private var early: [Int]
  /// Taken from the end.
  private var chunks: [Chunk]
  /// To be staged if the direct load is given up.
  private var chunksOfLoads: [QualifiedName: [Chunk]]
  private var openChunks: [QualifiedName: Int]
  /// The same by group, and of all.
  private var openChunksOfGroup: [Int]
  private var allOpenChunks: Int
  private var states: [State]
  /// How many of the groups that it refers to have not landed, or are not compared.
  private var unlandedParents: [Int]
  private var uncomparedParents: [Int]
  /// The ranks of the groups with which something can be done now, in their order.
  private var ready: [Int] = []
  private var loading: Set<Int> = []
  private var ends: [(group: Int, hasLanded: Bool)] = []
  /// Groups of small tables that are to be loaded, which is done together, in the order of the plan.
  private var small: [Int]
  private let isSmall: [Bool]
  /// Those whose load was given up because of another table; once more, and they are staged.
  private var triedTogether: Set<Int> = []
  /// Groups that landed without a stage.
  private var loaded: Set<Int> = []
  /// Groups that are not merged, each with the one that stopped it.
  private(set) var skipped: [Int: Int] = [:]

  /// - Parameter direct: tables to load without a stage.
  /// - Parameter early: those of them that wait by themselves for what they refer to.
  /// - Parameter landed: tables of which nothing is left to do.
  init(
    _ plan: SyncPlan, goal: Goal, lanes: Int = 1, direct: Set<QualifiedName> = [], early: Set<QualifiedName> = [],
    landed: Set<QualifiedName> = []
  ) {
    self.goal = goal
    self.lanes = lanes
    groups = plan.groups
    var dependants = Array(repeating: [Int](), count: plan.groups.count)
    for (index, group) in plan.groups.enumerated() {
      for parent in group.parents { dependants[parent].append(index) }
    }
    self.dependants = dependants
    var groupOf: [QualifiedName: Int] = [:]
    for (index, group) in plan.groups.enumerated() {
      for table in group.tables { groupOf[table] = index }
    }
    sizes = Self.sizes(plan)
    let urgency = Self.urgency(plan, sizes)
    chunks = plan.tables.filter { !direct.contains($0.target) }.flatMap(\.chunks)
    chunksOfLoads = Dictionary(
      plan.tables.filter { direct.contains($0.target) }.map { ($0.target, $0.chunks) }, uniquingKeysWith: +)
    self.groupOf = groupOf
    self.urgency = urgency
    let order = plan.groups.indices.sorted { (urgency[$0], -$0) < (urgency[$1], -$1) }
    self.order = order
    var rank = order
    for (place, group) in order.enumerated() { rank[group] = place }
    self.rank = rank
    self.early = []
    let small = Set(
      plan.tables.filter { direct.contains($0.target) && $0.direct.isSmall }.compactMap { groupOf[$0.target] })
    self.small = small.sorted()
    isSmall = plan.groups.indices.map(small.contains)
    let openChunks = Dictionary(plan.tables.map { ($0.target, $0.chunks.count) }, uniquingKeysWith: +)
    self.openChunks = openChunks
    openChunksOfGroup = plan.groups.map { $0.tables.map { openChunks[$0] ?? 0 }.reduce(0, +) }
    allOpenChunks = openChunks.values.reduce(0, +)
    let states: [State] = plan.groups.map { group in
      group.tables.allSatisfy(landed.contains)
        ? .tidied : group.tables.allSatisfy(direct.contains) ? .toLoad : .staging
    }
    self.states = states
    unlandedParents = plan.groups.map { $0.parents.count { !states[$0].hasLanded } }
    uncomparedParents = plan.groups.map { $0.parents.count { !states[$0].isCompared } }
    ends = states.indices.filter { states[$0].hasLanded }.map { ($0, true) }
    ready = order.indices.filter { isReady(order[$0]) }
    self.early = Set(early.compactMap { groupOf[$0] }).sorted(by: isSmaller)
    sortChunks()
  }

  private func isSmaller(_ left: Int, _ right: Int) -> Bool { (sizes[left], -left) < (sizes[right], -right) }

  /// The most urgent at the end.
  private mutating func sortChunks() {
    chunks.sort { left, right in
      let (mine, others) = (urgency[groupOf[left.table] ?? 0], urgency[groupOf[right.table] ?? 0])
      return (mine, left.bytes, right.number) < (others, right.bytes, left.number)
    }
  }

  /// All rows that can be staged are staged, or loaded directly.
  var isStagingComplete: Bool { allOpenChunks == 0 }

  /// What a free lane does now; `nil` if it has to wait, or all is done.
  mutating func next() -> Work? {
    if let group = earlyLoad { return advance(group) }
    let group = ready.last.map { order[$0] }
    if let group, chunks.last.map({ urgency[groupOf[$0.table] ?? 0] <= urgency[group] }) ?? true {
      return advance(group)
    }
    if let chunk = chunks.popLast() { return .copy(chunk) }
    // Nobody waits for this, so it fills lanes that have nothing else to do.
    let share = tidyShare(of: groups.indices.filter(isTidyable))
    guard !share.isEmpty else { return nil }
    for group in share { move(group, to: .tidied) }
    return .tidy(share)
  }

  /// The largest of these groups, more of them up to a lane's part of the work, and those that are so small that a wait
  /// of their own would take longer.
  private func tidyShare(of groups: [Int]) -> [Int] {
    let part = groups.map { sizes[$0] }.reduce(0, +) / lanes
    var taken = 0
    return groups.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.prefix(Self.mostTidiedTogether).filter { group in
      guard taken == 0 || taken + sizes[group] <= part || sizes[group] <= part / 8 else { return false }
      taken += sizes[group]
      return true
    }.sorted()
  }

  /// The largest table that is worth to be loaded before what it refers to has landed: larger than all that could be done
  /// else, and than what the other lanes must do before it can land. A lane at least is left for that.
  private var earlyLoad: Int? {
    mutating get {
      while let last = early.last, states[last] != .toLoad || parentsHaveLanded(last) { early.removeLast() }
      guard let load = early.last else { return nil }
      let waiting = loading.count { !parentsHaveLanded($0) }
      guard waiting < lanes - 1, ready.allSatisfy({ sizes[order[$0]] < sizes[load] }) else { return nil }
      return isWorthWaiting(load, beside: waiting) ? load : nil
    }
  }

  /// What the other lanes must do before the group can land is no more than it has to do itself.
  private func isWorthWaiting(_ load: Int, beside waiting: Int) -> Bool {
    let awaited = ancestors(of: load).filter { !states[$0].hasLanded }.map { sizes[$0] }.reduce(0, +)
    return awaited <= sizes[load] * (lanes - 1 - waiting)
  }

  /// What a group refers to, directly or through others.
  private func ancestors(of group: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = groups[group].parents
    while let parent = open.popLast() {
      if found.insert(parent).inserted { open += groups[parent].parents }
    }
    return found
  }

  private func parentsHaveLanded(_ group: Int) -> Bool { unlandedParents[group] == 0 }

  /// The groups of which it has become known, since this was asked last, whether they land.
  mutating func takeEnds() -> [(group: Int, hasLanded: Bool)] {
    defer { ends = [] }
    return ends
  }

  private func isReady(_ group: Int) -> Bool {
    switch states[group] {
    case .staging: openChunksOfGroup[group] == 0 && uncomparedParents[group] == 0
    case .toLoad: parentsHaveLanded(group)
    case .compared: goal == .merge && parentsHaveLanded(group)
    case .loading, .comparing, .merging, .landed, .failed, .tidied: false
    }
  }

  private mutating func move(_ group: Int, to state: State) {
    let before = states[group]
    states[group] = state
    if state == .loading { loading.insert(group) } else { loading.remove(group) }
    if state.hasLanded != before.hasLanded || state == .failed { ends.append((group, state.hasLanded)) }
    let (lands, isCompared) = (!before.hasLanded && state.hasLanded, !before.isCompared && state.isCompared)
    for dependant in dependants[group] where lands || isCompared {
      if lands { unlandedParents[dependant] -= 1 }
      if isCompared { uncomparedParents[dependant] -= 1 }
      noteWhetherReady(dependant)
    }
    noteWhetherReady(group)
  }

  private mutating func setOpenChunks(of table: QualifiedName, to count: Int) {
    let change = max(0, count) - (openChunks[table] ?? 0)
    openChunks[table] = max(0, count)
    allOpenChunks += change
    guard let group = groupOf[table] else { return }
    openChunksOfGroup[group] += change
    noteWhetherReady(group)
  }

  private mutating func noteWhetherReady(_ group: Int) {
    var (low, high) = (0, ready.count)
    while low < high {
      let middle = (low + high) / 2
      if ready[middle] < rank[group] { low = middle + 1 } else { high = middle }
    }
    let isKnown = low < ready.count && ready[low] == rank[group]
    if isReady(group), !isKnown { ready.insert(rank[group], at: low) }
    if isKnown, !isReady(group) { ready.remove(at: low) }
  }

  /// Landed, and no group that refers to it still has to be compared with its delta, if it has one.
  private func isTidyable(_ group: Int) -> Bool {
    states[group] == .landed
      && (loaded.contains(group) || dependants[group].allSatisfy { states[$0].isCompared || states[$0] == .failed })
  }

  /// The small tables that can be loaded in one transaction with this one: what they refer to has landed, or is among
  /// them. Parents stand first.
  private func loadedTogether(with group: Int) -> [Int] {
    guard isSmall[group] else { return [group] }
    var (together, bytes): (Set<Int>, Int) = ([group], sizes[group])
    for other in small
    where other != group && states[other] == .toLoad && bytes + sizes[other] <= Self.mostBytesTogether {
      guard groups[other].parents.allSatisfy({ states[$0].hasLanded || together.contains($0) }) else { continue }
      together.insert(other)
      bytes += sizes[other]
      if together.count == Self.mostTogether { break }
    }
    return together.sorted()
  }

  /// What one bad row can send back.
  private static let mostTogether = 16
  /// One transaction holds a lock on each of their stages, and one on each of the stages' own tables and indexes for wide
  /// values: the server has room for thousands only (manual, "20.12 Lock Management").
  private static let mostTidiedTogether = StageTable.mostTogether
  /// Their rows are in memory at the same time.
  private static let mostBytesTogether = 1 << 20

  private mutating func advance(_ group: Int) -> Work {
    if states[group] == .toLoad {
      let together = loadedTogether(with: group)
      for group in together { move(group, to: .loading) }
      let taken = Set(together)
      small.removeAll(where: taken.contains)
      return .load(together)
    }
    if states[group] == .staging {
      move(group, to: .comparing)
      return .compare(group, mayLand: goal == .merge && parentsHaveLanded(group))
    }
    move(group, to: .merging)
    return .merge(group)
  }

  mutating func finishCopy(of table: QualifiedName, hasFailed: Bool) {
    // If one fails, the others need not be read any more; the group is told when it is compared.
    let rest = hasFailed ? chunks.count { $0.table == table } : 0
    if rest > 0 { chunks.removeAll { $0.table == table } }
    setOpenChunks(of: table, to: (openChunks[table] ?? 0) - 1 - rest)
  }

  mutating func finishLoad(of loaded: [Int], _ outcome: DirectLoad.Outcome) {
    for group in loaded {
      switch outcome {
      case .landed: land(group)
      case .givenUp(let culprit?) where !groups[group].tables.contains(culprit):
        // Without that one it may be done.
        if triedTogether.insert(group).inserted { loadAgain(group) } else { stage(group) }
      case .givenUp: stage(group)
      }
    }
    if outcome != .landed { sortChunks() }
    // What it refers to may have failed since it began.
    for group in loaded where states[group] != .landed {
      guard let parent = groups[group].parents.first(where: { states[$0] == .failed }) else { continue }
      skipped[group] = parent
      leaveOut(group)
      fail(group)
    }
  }

  private mutating func land(_ group: Int) {
    for table in groups[group].tables {
      chunksOfLoads[table] = nil
      setOpenChunks(of: table, to: 0)
    }
    loaded.insert(group)
    move(group, to: .landed)
  }

  private mutating func loadAgain(_ group: Int) {
    if isSmall[group] { small = (small + [group]).sorted() } else { early = (early + [group]).sorted(by: isSmaller) }
    move(group, to: .toLoad)
  }

  private mutating func stage(_ group: Int) {
    for table in groups[group].tables { chunks += chunksOfLoads.removeValue(forKey: table) ?? [] }
    move(group, to: .staging)
  }

  mutating func finishCompare(of group: Int, _ result: MergePhase.Compared) {
    if result == .failed {
      fail(group)
    } else if result == .landed {
      move(group, to: .landed)
    } else if let parent = groups[group].parents.first(where: { states[$0] == .failed }) {
      // The parent failed while this group was being compared.
      skipped[group] = parent
      fail(group)
    } else {
      move(group, to: .compared)
    }
  }

  mutating func finishMerge(of group: Int, hasFailed: Bool) {
    if hasFailed { fail(group) } else { move(group, to: .landed) }
  }

  /// What refers to a group that did not land is not merged. None of it can be at work on a merge; what is just being
  /// compared is skipped when that ends.
  private mutating func fail(_ group: Int) {
    if states[group] == .toLoad { leaveOut(group) }
    move(group, to: .failed)
    let waiting: [State] = [.staging, .toLoad, .compared]
    for dependant in dependants[group] where waiting.contains(states[dependant]) {
      skipped[dependant] = group
      fail(dependant)
    }
  }

  /// Nothing of a group has to be read any more.
  private mutating func leaveOut(_ group: Int) {
    for table in groups[group].tables { setOpenChunks(of: table, to: 0) }
    chunks.removeAll { groupOf[$0.table] == group }
  }

  private static func sizes(_ plan: SyncPlan) -> [Int] {
    let sizes = Dictionary(plan.tables.map { ($0.target, $0.weight) }, uniquingKeysWith: +)
    return plan.groups.map { $0.tables.map { sizes[$0] ?? 0 }.reduce(0, +) }
  }

  private static func urgency(_ plan: SyncPlan, _ own: [Int]) -> [Int] {
    var urgency = own
    // Parents stand before their dependants, so that from the end each urgency is complete when it is passed on.
    for group in urgency.indices.reversed() {
      for parent in plan.groups[group].parents {
        urgency[parent] = max(urgency[parent], own[parent] + urgency[group])
      }
    }
    return urgency
  }
}

extension TablePlan {
  /// The work in a table, roughly: what has no known size is taken for large.
  fileprivate var weight: Int {
    source.pieces.allSatisfy { $0.pages != nil } ? estimatedBytes + 1 : 1 << 30
  }
}
