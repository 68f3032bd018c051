import FaultProxy

/// A fault and its place, drawn at random within what a run without faults is known to take.
struct FaultChoice: Sendable, CustomStringConvertible {
  let kind: FaultKind
  let end: End
  let place: Place
  /// What happens to the end's link when the place is reached.
  let effect: Fault.Effect
  /// Which of several sessions is meant.
  let victim: Int
  /// How long something lasts that the kind leaves open: a stall before the kill, a server's absence.
  let delay: Duration
  /// How often pgtide is told to try again.
  let retries: Int
  /// All tables are to land in one transaction.
  let isAtomic: Bool

  enum Place: Sendable {
    case link(Fault.Point)
    /// After this time, at the next byte.
    case time(Duration)
  }

  var description: String {
    "\(kind.rawValue), \(end.rawValue), at \(place), \(effect), victim \(victim), delay \(delay), retries \(retries)"
      + (isAtomic ? ", atomic" : "")
  }

  var arguments: [String] { ["--retries", "\(retries)"] + (isAtomic ? ["--atomic"] : []) }

  /// What of the run must land together.
  var groups: [[String]] { isAtomic ? [SuiteTable.all.map(\.name)] : SuiteTable.groups }

  private static let weights: [(FaultKind, Int)] = [
    (.killed, 18), (.oneTerminated, 12), (.allTerminated, 6), (.oneCut, 18), (.allCut, 8), (.refused, 5),
    (.stalled, 6), (.stalledAndKilled, 4), (.stalledForEver, 4), (.commitUnsent, 5), (.commitUnheard, 8),
    (.targetCrashed, 7), (.targetRestarted, 4),
    (.sourceCrashed, 3),
  ]

  /// Into an empty target rows go without a stage, several tables at a time: what a restart hits there, it hits at no other
  /// time.
  private static let firstWeights: [(FaultKind, Int)] = weights.map { kind, weight in
    ([.targetRestarted, .targetCrashed, .allTerminated].contains(kind) ? (kind, 40) : (kind, weight))
  }

  /// - Parameter isFirst: the target is empty.
  init(_ generator: inout SeededGenerator, sizes: RunSizes, isFirst: Bool) {
    kind = generator.pick(weighted: isFirst ? Self.firstWeights : Self.weights)
    end =
      switch kind {
      case .commitUnsent, .commitUnheard, .targetCrashed, .targetRestarted: .target
      case .allTerminated where isFirst: .target
      case .sourceCrashed: .source
      default: generator.chance(0.65) ? .target : .source
      }
    let traffic = end == .source ? sizes.source : sizes.target
    place =
      switch kind {
      case .commitUnsent: .link(.before(Phase.commit, time: generator.number(1...max(1, sizes.commits))))
      case .commitUnheard: .link(.answered(Phase.commit, time: generator.number(1...max(1, sizes.commits))))
      // A crash just before a COMMIT takes along what the transaction had not written to the log yet, its number included.
      case .targetCrashed where generator.chance(0.4):
        .link(.before(Phase.commit, time: generator.number(1...max(1, sizes.commits))))
      default: Self.place(&generator, traffic, sizes.duration)
      }
    effect = Self.effect(of: kind, &generator)
    victim = generator.number(0...9)
    delay = generator.milliseconds(20...250)
    // Each attempt on a link that never moves again takes its time-outs.
    retries = kind == .stalledForEver ? generator.number(0...1) : generator.pick([0, 1, 3, 5])
    isAtomic = generator.chance(0.15)
  }

  /// By bytes most of a run is COPY, by turns planning and merging, by time whatever takes long.
  private static func place(_ generator: inout SeededGenerator, _ traffic: Traffic, _ duration: Duration) -> Place {
    generator.pick(weighted: [
      (.link(.bytes(generator.number(0...max(1, traffic.bytes)))), 5),
      (.link(.turn(generator.number(1...max(1, traffic.requests)), .toServer)), 4),
      (.link(.turn(generator.number(1...max(1, traffic.answers)), .toClient)), 4),
      (.link(.connection(generator.number(1...max(1, traffic.connections)))), 1),
      (.time(duration * generator.number(0...100) / 100), 3),
    ])
  }

  private static func effect(of kind: FaultKind, _ generator: inout SeededGenerator) -> Fault.Effect {
    let ending: Fault.Ending = generator.chance(0.6) ? .reset : .close
    let directions: Set<Direction> = generator.pick([[.toServer], [.toClient], [.toServer, .toClient]])
    let scope: Fault.Scope = generator.chance(0.5) ? .connection : .all
    let short = generator.milliseconds(50...500)
    return switch kind {
    case .oneCut, .commitUnsent, .commitUnheard: .cut(ending, .connection)
    case .allCut: .cut(ending, .all)
    case .refused: .refuse(for: short * 2)
    case .stalled: .stall(directions, scope, for: short)
    case .stalledAndKilled: .stall(directions, scope)
    // An end that never answers again is asked for up to a minute what became of a COMMIT: too long for a suite.
    case .stalledForEver: .stall(directions, scope, for: scope == .all ? .seconds(10) : nil)
    case .killed, .oneTerminated, .allTerminated, .targetCrashed, .targetRestarted, .sourceCrashed: .nothing
    }
  }
}

/// What a run without faults takes.
struct RunSizes: Sendable {
  var source: Traffic
  var target: Traffic
  var duration: Duration

  var commits: Int { target.seen[Phase.commit] ?? 0 }
}
