import Postgres

/// What a schedule knows of a plan's groups from the beginning: who refers to whom, how large each is, and how urgent.
struct WorkGraph {
  let groups: [MergeGroup]
  let dependants: [[Int]]
  /// Groups that look values up in others on the target, so that these must have landed before they are compared.
  let looksUp: [Bool]
  let groupOf: [QualifiedName: Int]
  /// The work in each, roughly.
  let sizes: [Int]
  /// Of each its own size and that of the longest chain of groups behind it.
  let urgency: [Int]
  /// All groups, the most urgent at the end, and the place of each.
  let order: [Int]
  let rank: [Int]

  init(_ plan: SyncPlan) {
    groups = plan.groups
    var dependants = Array(repeating: [Int](), count: plan.groups.count)
    var groupOf: [QualifiedName: Int] = [:]
    for (index, group) in plan.groups.enumerated() {
      for parent in group.parents { dependants[parent].append(index) }
      for table in group.tables { groupOf[table] = index }
    }
    self.dependants = dependants
    self.groupOf = groupOf
    looksUp = plan.groups.map { group in
      group.tables.contains { table in plan.table(table)?.lookedUp.contains { groupOf[$0] != nil } ?? false }
    }
    let weights = Dictionary(plan.tables.map { ($0.target, $0.weight) }, uniquingKeysWith: +)
    let sizes = plan.groups.map { $0.tables.map { weights[$0] ?? 0 }.reduce(0, +) }
    self.sizes = sizes
    let urgency = Self.urgency(plan.groups, sizes)
    self.urgency = urgency
    let order = plan.groups.indices.sorted { (urgency[$0], -$0) < (urgency[$1], -$1) }
    self.order = order
    var rank = order
    for (place, group) in order.enumerated() { rank[group] = place }
    self.rank = rank
  }

  private static func urgency(_ groups: [MergeGroup], _ own: [Int]) -> [Int] {
    var urgency = own
    // Parents stand before their dependants, so that from the end each urgency is complete when it is passed on.
    for group in urgency.indices.reversed() {
      for parent in groups[group].parents { urgency[parent] = max(urgency[parent], own[parent] + urgency[group]) }
    }
    return urgency
  }

  func isSmaller(_ left: Int, _ right: Int) -> Bool { (sizes[left], -left) < (sizes[right], -right) }

  /// What a group refers to, directly or through others.
  func ancestors(of group: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = groups[group].parents
    while let parent = open.popLast() {
      if found.insert(parent).inserted { open += groups[parent].parents }
    }
    return found
  }
}

extension TablePlan {
  /// The work in a table, roughly: what has no known size is taken for large.
  fileprivate var weight: Int {
    source.pieces.allSatisfy { $0.pages != nil } ? estimatedBytes + 1 : 1 << 30
  }
}
