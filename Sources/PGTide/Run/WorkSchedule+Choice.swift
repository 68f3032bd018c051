import Postgres

/// Which of the works that can be done is done.
extension WorkSchedule {
  /// What goes on with loads whose transaction is open.
  var workOfLoads: Work? {
    for (_, load) in loads.sorted(by: { $0.key < $1.key }) {
      guard case .loaded(let known, let isAnalyzed) = states[load[0]] else { continue }
      if known.failedParent != nil { return .rollBack(load) }
      if load.allSatisfy({ parentsHaveLanded($0, or: load) }) { return .prove(load) }
      if !isAnalyzed { return .analyze(load) }
    }
    return nil
  }

  private func parentsHaveLanded(_ group: Int, or load: [Int]) -> Bool {
    graph.groups[group].parents.allSatisfy { states[$0].hasLanded || load.contains($0) }
  }

  /// What a free worker does.
  var choice: Work? {
    mutating get {
      if let group = earlyLoad { return .load([group]) }
      let group = ready.last.map { graph.order[$0] }
      if let group, chunks.nextUrgency.map({ $0 <= graph.urgency[group] }) ?? true { return work(of: group) }
      if let chunk = chunks.take() { return .copy(chunk) }
      // Nobody waits for this, so it fills workers that have nothing else to do.
      let share = cleanupShare(of: graph.groups.indices.filter(canBeCleanedUp))
      return share.isEmpty ? nil : .cleanUp(share)
    }
  }

  /// What can be done with a group that is ready.
  private func work(of group: Int) -> Work {
    switch states[group] {
    case .empty: .load(loadedTogether(with: group))
    case .compared: .merge(group)
    default: .compare(group, mayLand: goal == .landEach && parentsHaveLanded(group))
    }
  }

  // MARK: - Loads

  /// The largest table that is worth to be loaded before what it refers to has landed: larger than all that could be done
  /// else, and than what the other workers must do before it can land. A worker at least is left for that.
  private var earlyLoad: Int? {
    mutating get {
      while let last = early.last, !states[last].isEmpty || parentsHaveLanded(last) { early.removeLast() }
      guard let load = early.last else { return nil }
      let waiting = loads.keys.count { !parentsHaveLanded($0) }
      guard waiting < workers - 1, ready.allSatisfy({ graph.sizes[graph.order[$0]] < graph.sizes[load] }) else {
        return nil
      }
      return isWorthWaiting(load, beside: waiting) ? load : nil
    }
  }

  /// What the other workers must do before the group can land is no more than it has to do itself.
  private func isWorthWaiting(_ load: Int, beside waiting: Int) -> Bool {
    let awaited = graph.ancestors(of: load).filter { !states[$0].hasLanded }.map { graph.sizes[$0] }.reduce(0, +)
    return awaited <= graph.sizes[load] * (workers - 1 - waiting)
  }

  /// The small tables that can be loaded in one transaction with this one: what they refer to has landed, or is among
  /// them. Parents stand first.
  private func loadedTogether(with group: Int) -> [Int] {
    guard isSmall[group] else { return [group] }
    var (together, bytes): (Set<Int>, Int) = ([group], graph.sizes[group])
    for other in small where other != group && bytes + graph.sizes[other] <= Self.mostBytesTogether {
      guard states[other].isEmpty,
        graph.groups[other].parents.allSatisfy({ states[$0].hasLanded || together.contains($0) })
      else { continue }
      together.insert(other)
      bytes += graph.sizes[other]
      if together.count == Self.mostTogether { break }
    }
    return together.sorted()
  }

  /// What one bad row can send back.
  private static let mostTogether = 16
  /// Their rows are in memory at the same time.
  private static let mostBytesTogether = 1 << 20

  // MARK: - Cleanup

  /// Landed, and no group that refers to it still has to be compared with its delta, if it has one.
  private func canBeCleanedUp(_ group: Int) -> Bool {
    guard case .landed(let isStaged) = states[group] else { return false }
    return !isStaged || graph.dependants[group].allSatisfy { states[$0].isCompared || states[$0].isLost }
  }

  /// The largest of these groups, more of them up to a worker's part of the work, and those that are so small that a wait
  /// of their own would take longer.
  private func cleanupShare(of groups: [Int]) -> [Int] {
    let sizes = graph.sizes
    let part = groups.map { sizes[$0] }.reduce(0, +) / workers
    var taken = 0
    return groups.sorted { (sizes[$0], $1) > (sizes[$1], $0) }.prefix(Self.mostCleanedTogether).filter { group in
      guard taken == 0 || taken + sizes[group] <= part || sizes[group] <= part / 8 else { return false }
      taken += sizes[group]
      return true
    }.sorted()
  }

  /// One transaction holds a lock on each of their stages, and one on each of the stages' own tables and indexes for wide
  /// values: the server has room for thousands only (manual, "20.12 Lock Management").
  private static let mostCleanedTogether = StageTable.mostTogether
}
