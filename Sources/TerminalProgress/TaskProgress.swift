/// What is known of one task.
struct TaskProgress: Equatable {
  let name: String
  var stage = Stage.waiting
  var phase = ""
  var totalUnits: Int?
  var totalBytes: Int?
  var completedUnits = 0
  var bytes = 0
  /// The units of the phase that counted most, for the sum over all tasks.
  private(set) var mostUnits = 0
  private(set) var mostBytes = 0
  private var speed = Speed()

  enum Stage: Equatable {
    case waiting
    case active(since: ContinuousClock.Instant)
    /// `order` counts the tasks that ended before.
    case ended(order: Int, line: String, style: FinishStyle)
  }

  init(name: String) { self.name = name.withoutControls }

  var isActive: Bool { if case .active = stage { true } else { false } }

  var isEnded: Bool { if case .ended = stage { true } else { false } }

  mutating func begin(totalUnits: Int?, totalBytes: Int?, at now: ContinuousClock.Instant) {
    self = TaskProgress(name: name)
    self.totalUnits = totalUnits
    self.totalBytes = totalBytes
    stage = .active(since: now)
    speed.add(0, at: now)
  }

  mutating func update(phase: String, completedUnits: Int, bytes: Int, at now: ContinuousClock.Instant) {
    if completedUnits < self.completedUnits { speed = Speed() }
    self.phase = phase.withoutControls
    self.completedUnits = completedUnits
    self.bytes = bytes
    mostUnits = max(mostUnits, completedUnits)
    mostBytes = max(mostBytes, bytes)
    speed.add(completedUnits, at: now)
  }

  /// From 0 to 1. `nil`: no total is known, or the estimate turned out too low.
  var fraction: Double? {
    if let totalUnits, totalUnits > 0, completedUnits <= totalUnits {
      Double(completedUnits) / Double(totalUnits)
    } else if let totalBytes, totalBytes > 0, bytes <= totalBytes {
      Double(bytes) / Double(totalBytes)
    } else {
      nil
    }
  }

  /// Units per second of late. `nil`: too early to tell.
  func unitsPerSecond(at now: ContinuousClock.Instant) -> Double? { speed.perSecond(at: now) }

  /// `nil`: too early to tell, or no total is known.
  func timeLeft(at now: ContinuousClock.Instant) -> Duration? {
    guard let totalUnits, totalUnits > completedUnits, let rate = speed.perSecond(at: now), rate > 0 else { return nil }
    let seconds = Double(totalUnits - completedUnits) / rate
    return seconds < 1e6 ? .seconds(seconds) : nil
  }
}

/// How fast a count grows, over the last seconds rather than since the start.
struct Speed: Equatable {
  private var samples: [Sample] = []

  private struct Sample: Equatable {
    var time: ContinuousClock.Instant
    var count: Int
  }

  mutating func add(_ count: Int, at now: ContinuousClock.Instant) {
    let sample = Sample(time: now, count: count)
    // The first stays as the start of the window; the last moves until it is half a second from the one before.
    if samples.count >= 2, samples[samples.count - 2].time.duration(to: now) < .milliseconds(500) {
      samples[samples.count - 1] = sample
    } else {
      samples.append(sample)
      if samples.count > 11 { samples.removeFirst() }
    }
  }

  /// Up to `now`, so that a standstill shows. `nil`: less than a fifth of a second was seen.
  func perSecond(at now: ContinuousClock.Instant) -> Double? {
    guard let first = samples.first, let last = samples.last else { return nil }
    let elapsed = first.time.duration(to: now)
    return elapsed >= .milliseconds(200) ? Double(last.count - first.count) / (elapsed / .seconds(1)) : nil
  }
}
