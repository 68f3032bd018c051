import Postgres

/// One thing that a lane can do.
enum Work: Sendable {
  /// Bring a chunk to its stage.
  case copy(Chunk)
  /// Compare and merge a group of tables, by its place in the plan.
  case merge(Int)
  case analyze(TablePlan)
}

/// Decides what is done next: chunks are copied, a group merges as soon as its tables are staged and the groups that it
/// refers to have landed, and what deserves it is analyzed.
///
/// What the most other work waits for goes first: a group's urgency is its own rows plus those of the longest chain of
/// groups behind it.
struct WorkSchedule {
  private let plan: SyncPlan
  private let groupOf: [QualifiedName: Int]
  private let urgency: [Int]
  private let mergesEach: Bool
  private var chunks: [Chunk]
  private var openChunks: [QualifiedName: Int]
  private var failedTables: Set<QualifiedName> = []
  private var waitingGroups: Set<Int>
  private var landed: Set<Int> = []
  private var analyses: [TablePlan] = []
  /// Groups that are not merged, each with the one that stopped it.
  private(set) var skipped: [Int: Int] = [:]

  /// - Parameter mergesEach: groups merge one by one; otherwise chunks are copied only.
  init(_ plan: SyncPlan, mergesEach: Bool) {
    self.plan = plan
    self.mergesEach = mergesEach
    var groupOf: [QualifiedName: Int] = [:]
    for (index, group) in plan.groups.enumerated() {
      for table in group.tables { groupOf[table] = index }
    }
    self.groupOf = groupOf
    let urgency = Self.urgency(plan)
    self.urgency = urgency
    // Taken from the end: the most urgent last, and of one table the first chunk last.
    let ordered = plan.tables.flatMap(\.chunks).sorted { left, right in
      (urgency[groupOf[left.table] ?? 0], left.bytes, right.number) < (urgency[groupOf[right.table] ?? 0], right.bytes, left.number)
    }
    chunks = ordered
    openChunks = Dictionary(plan.tables.map { ($0.target, $0.chunks.count) }, uniquingKeysWith: +)
    waitingGroups = Set(plan.groups.indices)
  }

  /// All rows that can be staged are staged.
  var isStagingComplete: Bool { chunks.isEmpty && openChunks.values.allSatisfy { $0 == 0 } }

  mutating func next() -> Work? {
    if mergesEach, let group = readyGroup {
      // A merge that others wait for before a chunk that fewer wait for.
      if let chunk = chunks.last, urgency[groupOf[chunk.table] ?? 0] > urgency[group] { return takeChunk() }
      waitingGroups.remove(group)
      return .merge(group)
    }
    return takeChunk() ?? analyses.popLast().map { .analyze($0) }
  }

  private var readyGroup: Int? {
    waitingGroups.filter { index in
      plan.groups[index].tables.allSatisfy { openChunks[$0] == 0 } && plan.groups[index].parents.allSatisfy(landed.contains)
    }.max { (urgency[$0], -$0) < (urgency[$1], -$1) }
  }

  private mutating func takeChunk() -> Work? { chunks.popLast().map { .copy($0) } }

  mutating func finishCopy(of table: QualifiedName, hasFailed: Bool) {
    openChunks[table, default: 0] -= 1
    guard hasFailed, failedTables.insert(table).inserted else { return }
    // Its other chunks need not be read; its group is told at once.
    openChunks[table, default: 0] -= chunks.count { $0.table == table }
    chunks.removeAll { $0.table == table }
  }

  mutating func finishMerge(of group: Int, landed hasLanded: Bool, toAnalyze tables: [TablePlan]) {
    analyses += tables
    if hasLanded { landed.insert(group) } else { skipDependants(of: group) }
  }

  private mutating func skipDependants(of index: Int) {
    for dependant in waitingGroups.sorted() where plan.groups[dependant].parents.contains(index) {
      waitingGroups.remove(dependant)
      skipped[dependant] = index
      skipDependants(of: dependant)
    }
  }

  private static func urgency(_ plan: SyncPlan) -> [Int] {
    let sizes = Dictionary(plan.tables.map { ($0.target, $0.weight) }, uniquingKeysWith: +)
    var urgency = plan.groups.map { $0.tables.map { sizes[$0] ?? 0 }.reduce(0, +) }
    // Parents stand before their dependants, so from the end each group's own urgency is complete.
    for index in urgency.indices.reversed() {
      for parent in plan.groups[index].parents {
        urgency[parent] = max(urgency[parent], ownSize(parent) + urgency[index])
      }
    }
    func ownSize(_ index: Int) -> Int { plan.groups[index].tables.map { sizes[$0] ?? 0 }.reduce(0, +) }
    return urgency
  }
}

extension TablePlan {
  /// The work in a table, roughly: what has no known size is taken for large.
  fileprivate var weight: Int {
    source.pieces.allSatisfy { $0.pages != nil } ? estimatedBytes + 1 : 1 << 30
  }
}
