/// Runs groups in the order of their references, as many at a time as there are lanes.
enum MergeSchedule {
  /// - Parameters:
  ///   - weights: the work in each group; of those that are ready, the heaviest starts first.
  ///   - body: merges a group, and returns whether it landed. It throws only for what ends the whole run.
  /// - Returns: the groups that were not started because one that they refer to did not land, with that one.
  static func run(
    _ groups: [MergeGroup], weights: [Int], lanes: Int, body: @escaping @Sendable (Int) async throws -> Bool
  ) async throws -> [Int: Int] {
    var state = State(groups: groups, weights: weights)
    try await withThrowingTaskGroup(of: (Int, Bool).self) { tasks in
      var running = 0
      while true {
        while running < lanes, let next = state.takeReady() {
          tasks.addTask { (next, try await body(next)) }
          running += 1
        }
        guard let (index, landed) = try await tasks.next() else { break }
        running -= 1
        state.finish(index, landed: landed)
      }
    }
    return state.skipped
  }

  /// Which groups wait, and for whom.
  struct State {
    let groups: [MergeGroup]
    let weights: [Int]
    private var waiting: Set<Int>
    private var landed: Set<Int> = []
    /// Groups that are not run, each with the one that stopped it.
    private(set) var skipped: [Int: Int] = [:]

    init(groups: [MergeGroup], weights: [Int]) {
      self.groups = groups
      self.weights = weights
      waiting = Set(groups.indices)
    }

    /// The heaviest group whose parents have all landed; it counts as started.
    mutating func takeReady() -> Int? {
      let ready = waiting.filter { groups[$0].parents.allSatisfy(landed.contains) }
      guard let next = ready.max(by: { (weights[$0], -$0) < (weights[$1], -$1) }) else { return nil }
      waiting.remove(next)
      return next
    }

    mutating func finish(_ index: Int, landed hasLanded: Bool) {
      if hasLanded { landed.insert(index) } else { skipDependants(of: index) }
    }

    private mutating func skipDependants(of index: Int) {
      for dependant in waiting.sorted() where groups[dependant].parents.contains(index) {
        waiting.remove(dependant)
        skipped[dependant] = index
        skipDependants(of: dependant)
      }
    }
  }
}
