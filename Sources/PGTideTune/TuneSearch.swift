import PGTide

/// Decides which settings are tried next.
///
/// Jobs and formats are tried first, then chunks and buffers with the best of those. Each part goes in rounds, in which
/// every choice has its turn once and the order is turned on: what makes the line slower for a while meets all alike.
/// What the time will not do for is left out beforehand, so that the others have enough rounds to be told apart.
struct TuneSearch {
  /// The fewest rounds from which something can be concluded.
  static let rounds = 3
  static let mostRounds = 5

  let standard: TuneChoice
  private let grid: TuneGrid
  private(set) var results: [TuneChoice: [Double]] = [:]
  /// Choices for which there is no time.
  private(set) var left: [TuneChoice] = []
  /// Trials that there is time for.
  private var affordable: Int
  private var part = Part.broad
  /// What is tried in each round of this part.
  private var choices: [TuneChoice]
  private var round = 0
  private var rounds: Int
  /// The rest of this round, from its end.
  private var queue: [TuneChoice] = []

  private enum Part { case broad, fine, done }

  /// - Parameter affordable: so many trials fit into the time; at least enough for one comparison are planned.
  init(standard: TuneChoice, grid: TuneGrid, affordable: Int) {
    self.standard = standard
    self.grid = grid
    self.affordable = affordable
    let broad = grid.broad(around: standard)
    let most = max(2, affordable / Self.rounds)
    choices = Array(broad.prefix(most))
    left = Array(broad.dropFirst(most))
    let all = broad.count + grid.fine(around: standard).count + 2
    rounds = min(Self.mostRounds, max(Self.rounds, affordable / all))
  }

  struct Trial: Sendable, Equatable {
    var choice: TuneChoice
    /// From 1, within its part.
    var round: Int
    var rounds: Int
  }

  /// `nil` when there is nothing left to try.
  mutating func next() -> Trial? {
    while queue.isEmpty {
      if round == rounds || choices.count < 2 { endPart() }
      guard part != .done else { return nil }
      round += 1
      let turned = choices.indices.map { choices[($0 + round - 1) % choices.count] }
      queue = turned.reversed()
    }
    return queue.popLast().map { Trial(choice: $0, round: round, rounds: rounds) }
  }

  mutating func note(_ choice: TuneChoice, seconds: Double) {
    results[choice, default: []].append(seconds)
    affordable -= 1
  }

  /// The time is up. What was not tried often enough counts as left out.
  mutating func end() {
    left += choices.filter { results[$0, default: []].count < Self.rounds && $0 != standard }
    if part == .broad { left += grid.fine(around: standard) }
    part = .done
    queue = []
    round = rounds
  }

  private mutating func endPart() {
    guard part == .broad else {
      part = .done
      return
    }
    // In the order of the part: of several that are as fast, the nearest to the settings now.
    let known = choices.filter { results[$0, default: []].count == rounds }
    let leader = known.min { results[$0, default: []].median < results[$1, default: []].median } ?? standard
    let fine = grid.fine(around: leader)
    let again = leader == standard ? [standard] : [standard, leader]
    let most = max(0, affordable / Self.rounds - again.count)
    left += fine.dropFirst(most)
    choices = fine.isEmpty || most == 0 ? [] : again + fine.prefix(most)
    rounds = min(rounds, max(Self.rounds, affordable / max(1, choices.count)))
    part = choices.isEmpty ? .done : .fine
    round = 0
  }
}

extension [Double] {
  /// 0 of nothing.
  var median: Double {
    let sorted = sorted()
    guard let middle = sorted.indices.dropFirst(count / 2).first else { return 0 }
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
