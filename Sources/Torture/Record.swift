import Synchronization

/// What all lanes have done together, and what is still to do.
final class Record: Sendable {
  private struct State {
    var tally = Tally()
    var nextEpisode: Int
    var violation: TortureViolation?
  }

  private let state: Mutex<State>
  private let settings: TortureSettings
  private let end: ContinuousClock.Instant?

  init(_ settings: TortureSettings) {
    self.settings = settings
    end = settings.limit.map { ContinuousClock.now.advanced(by: $0) }
    state = Mutex(State(nextEpisode: settings.firstEpisode))
  }

  var tally: Tally { state.withLock(\.tally) }
  var violation: TortureViolation? { state.withLock(\.violation) }

  /// Enough faults have struck, the time is over, or something was violated.
  var isEnough: Bool {
    state.withLock { $0.violation != nil || $0.tally.struck >= settings.faults } || end.map { $0 <= .now } ?? false
  }

  /// The number of the episode to do next; `nil` when it is enough.
  func nextEpisode() -> Int? {
    guard !isEnough else { return nil }
    return state.withLock { state in
      defer { state.nextEpisode += 1 }
      return state.nextEpisode
    }
  }

  func add(_ result: RoundResult, seed: UInt64, episode: Int, round: Int) {
    state.withLock { state in
      state.tally.add(result)
      guard !result.violations.isEmpty, state.violation == nil else { return }
      state.violation = TortureViolation(
        seed: settings.seed, episode: episode, round: round, fault: "\(result.choice)",
        phase: result.phase?.rawValue ?? "not reached", ended: result.ended.label,
        output: result.ended.told, violations: result.violations)
    }
  }
}

/// Something that must hold did not.
package struct TortureViolation: Error, CustomStringConvertible {
  let seed: UInt64
  let episode: Int
  let round: Int
  let fault: String
  let phase: String
  let ended: String
  let output: String
  let violations: [String]

  package var description: String {
    """
    violated in episode \(episode), round \(round) of seed \(seed):
    \(violations.map { "  - " + $0 }.joined(separator: "\n"))
    fault: \(fault)
    it hit a connection that was \(phase); the run ended with \(ended) and wrote:
    \(output)
    to see it again: scripts/torture --faults \(Lane.roundsPerEpisode) --lanes 1 --seed \(seed) --episode \(episode)
    """
  }
}
