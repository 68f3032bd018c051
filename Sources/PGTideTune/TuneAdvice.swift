import PGTide

/// Which settings to take, from how long each trial took.
struct TuneAdvice: Sendable, Equatable {
  let choice: TuneChoice
  /// How many times as fast as the settings now, by the medians.
  let gain: Double
  /// What speaks for it, in a sentence.
  let reason: String

  /// Other settings are only better if the slowest of their trials was faster than the fastest with the settings now.
  /// Among those that are, and do as well as the best, the nearest to the settings now is taken.
  init(standard: TuneChoice, results: [TuneChoice: [Double]]) {
    let known = results.filter { $0.value.count >= TuneSearch.rounds }
    guard let now = known[standard], let nowFastest = now.min() else {
      self.init(standard, 1, "There was no time to try anything often enough: the settings stay as they are.")
      return
    }
    let better = known.filter { ($0.value.max() ?? .infinity) < nowFastest }
    guard let best = better.values.min(by: { $0.median < $1.median }), let slowestOfBest = best.max() else {
      self.init(standard, 1, "Nothing that was tried is faster beyond the spread: the settings stay as they are.")
      return
    }
    let asGood = better.filter { ($0.value.min() ?? .infinity) <= slowestOfBest }
    let taken = asGood.min { left, right in
      let (mine, others) = (left.key.differences(from: standard), right.key.differences(from: standard))
      return (mine, left.key.jobs, left.value.median) < (others, right.key.jobs, right.value.median)
    }
    guard let taken else { preconditionFailure("the best is as good as itself") }
    let gain = now.median / taken.value.median
    self.init(
      taken.key, gain,
      "\(Self.tenths(gain)) times as fast as the settings now, and each of \(taken.value.count) trials faster than "
        + "each of \(now.count) with those.")
  }

  private init(_ choice: TuneChoice, _ gain: Double, _ reason: String) {
    self.choice = choice
    self.gain = gain
    self.reason = reason
  }

  private static func tenths(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
