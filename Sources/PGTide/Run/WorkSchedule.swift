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
/// if only their proof has to wait. If a load is given up, the table goes the way of all others. A group is compared as soon as its tables are staged and the groups that it refers to are compared; it merges when
/// those have landed; it is tidied when nobody needs its delta any more. Of what can be done, that goes first for which
/// the most other work waits: a group's urgency is its own size plus that of the longest chain of groups behind it.
struct WorkSchedule {
  /// How far groups are taken.
  enum Goal: Sendable {
    /// Compared only: a dry run, or a merge of all tables together later.
    case compare
    case merge
  }

  private enum State {
    case staging, toLoad, loading, comparing, compared, merging, landed, failed, tidied
  }

  private let goal: Goal
  private let lanes: Int
  private let groups: [MergeGroup]
  private let dependants: [[Int]]
  private let groupOf: [QualifiedName: Int]
  private let sizes: [Int]
  private let urgency: [Int]
  /// Groups that may be loaded before what they refer to has landed.
  private let early: Set<Int>
  /// Taken from the end.
  private var chunks: [Chunk]
  /// To be staged if the direct load is given up.
  private var chunksOfLoads: [QualifiedName: [Chunk]]
  private var openChunks: [QualifiedName: Int]
  private var states: [State]
  /// Groups of small tables, which are loaded together.
  private let small: Set<Int>
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
    dependants = plan.groups.indices.map { index in
      plan.groups.indices.filter { plan.groups[$0].parents.contains(index) }
    }
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
    self.early = Set(early.compactMap { groupOf[$0] })
    small = Set(
      plan.tables.filter { direct.contains($0.target) && $0.direct.isSmall }.compactMap { groupOf[$0.target] })
    openChunks = Dictionary(plan.tables.map { ($0.target, $0.chunks.count) }, uniquingKeysWith: +)
    states = plan.groups.map { group in
      group.tables.allSatisfy(landed.contains)
        ? .tidied : group.tables.allSatisfy(direct.contains) ? .toLoad : .staging
    }
    sortChunks()
  }

  /// The most urgent at the end.
  private mutating func sortChunks() {
    chunks.sort { left, right in
      let (mine, others) = (urgency[groupOf[left.table] ?? 0], urgency[groupOf[right.table] ?? 0])
      return (mine, left.bytes, right.number) < (others, right.bytes, left.number)
    }
  }

  /// All rows that can be staged are staged, or loaded directly.
  var isStagingComplete: Bool { openChunks.values.allSatisfy { $0 == 0 } }

  /// What a free lane does now; `nil` if it has to wait, or all is done.
  mutating func next() -> Work? {
    if let group = earlyLoad { return advance(group) }
    let group = groups.indices.filter(isReady).max { (urgency[$0], -$0) < (urgency[$1], -$1) }
    if let group, chunks.last.map({ urgency[groupOf[$0.table] ?? 0] <= urgency[group] }) ?? true {
      return advance(group)
    }
    if let chunk = chunks.popLast() { return .copy(chunk) }
    // Nobody waits for this, so it fills lanes that have nothing else to do.
    let share = tidyShare(of: groups.indices.filter(isTidyable))
    guard !share.isEmpty else { return nil }
    for group in share { states[group] = .tidied }
    return .tidy(share)
  }

  /// The largest of these groups, more of them up to a lane's part of the work, and those that are so small that a wait
  /// of their own would take longer.
  private func tidyShare(of groups: [Int]) -> [Int] {
    let part = groups.map { sizes[$0] }.reduce(0, +) / lanes
    var taken = 0
    return groups.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.filter { group in
      guard taken == 0 || taken + sizes[group] <= part || sizes[group] <= part / 8 else { return false }
      taken += sizes[group]
      return true
    }.sorted()
  }

  /// The largest table that is worth to be loaded before what it refers to has landed: larger than all that could be done
  /// else, and than what the other lanes must do before it can land. A lane at least is left for that.
  private var earlyLoad: Int? {
    let waiting = groups.indices.count { states[$0] == .loading && !parentsHaveLanded($0) }
    guard waiting < lanes - 1 else { return nil }
    let load = early.filter { states[$0] == .toLoad && !parentsHaveLanded($0) }
      .max { (sizes[$0], -$0) < (sizes[$1], -$1) }
    guard let load, groups.indices.allSatisfy({ !isReady($0) || sizes[$0] < sizes[load] }) else { return nil }
    let awaited = ancestors(of: load).filter { !hasLanded($0) }.map { sizes[$0] }.reduce(0, +)
    return awaited <= sizes[load] * (lanes - 1 - waiting) ? load : nil
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

  private func parentsHaveLanded(_ group: Int) -> Bool { groups[group].parents.allSatisfy { hasLanded($0) } }

  /// Whether a group has landed; `nil` as long as that is open.
  func end(of group: Int) -> Bool? { hasLanded(group) ? true : states[group] == .failed ? false : nil }

  private func isReady(_ group: Int) -> Bool {
    switch states[group] {
    case .staging:
      groups[group].tables.allSatisfy { openChunks[$0] == 0 } && groups[group].parents.allSatisfy { isCompared($0) }
    case .toLoad: parentsHaveLanded(group)
    case .compared: goal == .merge && parentsHaveLanded(group)
    case .loading, .comparing, .merging, .landed, .failed, .tidied: false
    }
  }

  private func isCompared(_ group: Int) -> Bool {
    switch states[group] {
    case .compared, .merging, .landed, .tidied: true
    case .staging, .toLoad, .loading, .comparing, .failed: false
    }
  }

  private func hasLanded(_ group: Int) -> Bool { states[group] == .landed || states[group] == .tidied }

  /// Landed, and no group that refers to it still has to be compared with its delta, if it has one.
  private func isTidyable(_ group: Int) -> Bool {
    states[group] == .landed
      && (loaded.contains(group) || dependants[group].allSatisfy { isCompared($0) || states[$0] == .failed })
  }

  /// The small tables that can be loaded in one transaction with this one: what they refer to has landed, or is among
  /// them. Parents stand first.
  private func loadedTogether(with group: Int) -> [Int] {
    guard small.contains(group) else { return [group] }
    var together: Set<Int> = [group]
    for other in groups.indices where together.count < Self.mostTogether {
      guard small.contains(other), states[other] == .toLoad,
        together.map({ sizes[$0] }).reduce(sizes[other], +) <= Self.mostBytesTogether
      else { continue }
      if groups[other].parents.allSatisfy({ hasLanded($0) || together.contains($0) }) { together.insert(other) }
    }
    return together.sorted()
  }

  /// What one bad row can send back.
  private static let mostTogether = 16
  /// Their rows are in memory at the same time.
  private static let mostBytesTogether = 1 << 20

  private mutating func advance(_ group: Int) -> Work {
    if states[group] == .toLoad {
      let together = loadedTogether(with: group)
      for group in together { states[group] = .loading }
      return .load(together)
    }
    if states[group] == .staging {
      states[group] = .comparing
      return .compare(group, mayLand: goal == .merge && parentsHaveLanded(group))
    }
    states[group] = .merging
    return .merge(group)
  }

  mutating func finishCopy(of table: QualifiedName, hasFailed: Bool) {
    openChunks[table, default: 0] -= 1
    guard hasFailed else { return }
    // Its other chunks need not be read any more; its group is told when it is compared.
    openChunks[table, default: 0] -= chunks.count { $0.table == table }
    chunks.removeAll { $0.table == table }
  }

  mutating func finishLoad(of loaded: [Int], _ outcome: DirectLoad.Outcome) {
    for group in loaded {
      switch outcome {
      case .landed: land(group)
      case .givenUp(let culprit?) where !groups[group].tables.contains(culprit):
        // Without that one it may be done.
        if triedTogether.insert(group).inserted { states[group] = .toLoad } else { stage(group) }
      case .givenUp: stage(group)
      }
    }
    sortChunks()
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
      openChunks[table] = 0
    }
    states[group] = .landed
    loaded.insert(group)
  }

  private mutating func stage(_ group: Int) {
    for table in groups[group].tables { chunks += chunksOfLoads.removeValue(forKey: table) ?? [] }
    states[group] = .staging
  }

  mutating func finishCompare(of group: Int, _ result: MergePhase.Compared) {
    if result == .failed {
      fail(group)
    } else if result == .landed {
      states[group] = .landed
    } else if let parent = groups[group].parents.first(where: { states[$0] == .failed }) {
      // The parent failed while this group was being compared.
      skipped[group] = parent
      fail(group)
    } else {
      states[group] = .compared
    }
  }

  mutating func finishMerge(of group: Int, hasFailed: Bool) {
    if hasFailed { fail(group) } else { states[group] = .landed }
  }

  /// What refers to a group that did not land is not merged. None of it can be at work on a merge; what is just being
  /// compared is skipped when that ends.
  private mutating func fail(_ group: Int) {
    if states[group] == .toLoad { leaveOut(group) }
    states[group] = .failed
    let waiting: [State] = [.staging, .toLoad, .compared]
    for dependant in dependants[group] where waiting.contains(states[dependant]) {
      skipped[dependant] = group
      fail(dependant)
    }
  }

  /// Nothing of a group has to be read any more.
  private mutating func leaveOut(_ group: Int) {
    for table in groups[group].tables { openChunks[table] = 0 }
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
