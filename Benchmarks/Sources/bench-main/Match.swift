import EphemeralPostgres
import FaultProxy
import FoundationEssentials

/// Runs the contenders in an ``Arena``, in turn, and notes what each run cost.
struct Match {
  let arena: Arena
  /// Empty and our own.
  let directory: String
  let programs: Programs
  let contenders: [Contender]
  let scenarios: [Scenario]

  struct Programs {
    var pgtide: String
    /// More options of `pgtide sync`.
    var options: [String]
    /// This program, which is also one of the contenders.
    var bench: String
    /// Holds the scripts of the psql session.
    var floor: String
    /// PostgreSQL's own `psql`, not a wrapper that looks for one.
    var postgres: PostgresBinaries
  }

  /// The figures of all runs, in the order of the rounds.
  typealias Board = [Scenario: [Contender: [Figures]]]

  /// - Parameter throughLink: every run goes through the proxies. Otherwise they go to the servers directly, and one more
  ///   round through the proxies counts bytes and round trips.
  func play(rounds: Int, throughLink: Bool, progress: (String) -> Void) async throws -> Board {
    var board: Board = [:]
    for round in 1...rounds {
      for run in try await play(throughProxy: throughLink, progress: { progress("round \(round) of \(rounds): \($0)") })
      {
        board[run.scenario, default: [:]][run.contender, default: []].append(run.figures)
      }
    }
    guard !throughLink else { return board }
    for counted in try await play(throughProxy: true, progress: { progress("counting bytes: \($0)") }) {
      let runs = board[counted.scenario]?[counted.contender] ?? []
      board[counted.scenario]?[counted.contender] = runs.map { $0.withTraffic(of: counted.figures) }
    }
    return board
  }

  struct Run {
    var scenario: Scenario
    var contender: Contender
    var figures: Figures
  }

  /// One round: the syncs of each contender, then the checks.
  private func play(throughProxy: Bool, progress: (String) -> Void) async throws -> [Run] {
    let ends =
      throughProxy
      ? Ends(source: arena.source.throughProxy, target: arena.target.throughProxy)
      : Ends(source: arena.source.direct, target: arena.target.direct)
    var runs: [Run] = []
    for contender in contenders where scenarios.contains(where: Scenario.syncs.contains) {
      progress(contender.title)
      runs += try await sync(contender, ends)
    }
    let checks = scenarios.filter(Scenario.checks.contains)
    if !checks.isEmpty {
      progress("checks")
      runs += try await check(checks, ends)
    }
    return runs
  }

  /// Connection strings.
  struct Ends {
    var source: String
    var target: String
  }

  /// All syncs of one contender, from an empty target on.
  private func sync(_ contender: Contender, _ ends: Ends) async throws -> [Run] {
    try await arena.reset()
    var runs: [Run] = []
    func run(_ scenario: Scenario) async throws {
      let process = try await process(contender, ends, deletes: scenario == .onePercentDeleted)
      try await arena.edit(scenario.editedRows(of: arena.rows))
      try await arena.settle()
      runs.append(Run(scenario: scenario, contender: contender, figures: try await measure(process).figures))
      try await arena.checkLevel(after: contender)
    }
    for scenario in scenarios where Scenario.syncs.contains(scenario) && scenario.contenders.contains(contender) {
      if scenario == .onePercentDeleted {
        try await arena.withoutOnePercent { try await run(scenario) }
      } else {
        try await run(scenario)
      }
    }
    return runs
  }

  func measure(
    _ process: MeasuredProcess, exitCode: Int32 = 0
  ) async throws -> (figures: Figures, output: String) {
    for side in [arena.source, arena.target] { await side.proxy.resetTraffic() }
    let (wal, cpu) = (try await arena.walPosition(), try arena.serverCPU())
    let cost = try await process.run(exitCode: exitCode)
    // A session drops its temporary tables when its client has gone.
    try await Task.sleep(for: .milliseconds(200))
    let serverCPU = try arena.serverCPU() - cpu
    let (source, target) = (await arena.source.proxy.traffic, await arena.target.proxy.traffic)
    let figures = Figures(
      wall: cost.wall, ownCPU: cost.cpu, serverCPU: serverCPU, peakMemory: cost.peakMemory,
      walBytes: try await arena.walPosition() - wal, bytesToTarget: Double(target.bytesToServer),
      bytesFromTarget: Double(target.bytesToClient), bytesFromSource: Double(source.bytesToClient),
      roundTrips: Double(source.answers + target.answers))
    return (figures, cost.output)
  }

  /// What to start for a contender that syncs, with the files that it needs.
  func process(_ contender: Contender, _ ends: Ends, deletes: Bool = false) async throws -> MeasuredProcess {
    var process = process()
    switch contender {
    case .pgtide, .generated:
      let file = try configuration(contender, ends, deletes: deletes)
      process.words = [programs.pgtide, "sync", "--quiet", "--config", file] + programs.options
    case .session:
      let work = "\(directory)/floor"
      // It reads the catalog, which is no part of the job; whoever writes SQL by hand has done so before.
      process.words = ["\(programs.floor)/prepare.sh", arena.source.direct, arena.target.direct, work]
      process.words += arena.data.tables.map { "\($0.target)=\($0.source)" }
      if deletes { process.environment["DELETES"] = "yes" }
      _ = try await process.run()
      process.words = ["\(programs.floor)/run.sh", ends.source, ends.target, work, "session"]
    case .batched:
      process.words = [programs.bench, "batched-insert", "--data", arena.data.rawValue, ends.source, ends.target]
    case .rowTexts: throw BenchError("\(contender.title) does not sync")
    }
    return process
  }

  func process() -> MeasuredProcess {
    MeasuredProcess(words: [], environment: ["PATH": programs.postgres.directory], directory: directory)
  }

  /// Where the configuration of pgtide is.
  func configuration(_ contender: Contender, _ ends: Ends, deletes: Bool = false) throws -> String {
    let file = "\(directory)/pgtide.yaml"
    let text = arena.data.configuration(source: ends.source, target: ends.target, for: contender, deletes: deletes)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }
}

extension Figures {
  fileprivate func withTraffic(of other: Figures) -> Figures {
    var figures = self
    figures.bytesToTarget = other.bytesToTarget
    figures.bytesFromTarget = other.bytesFromTarget
    figures.bytesFromSource = other.bytesFromSource
    figures.roundTrips = other.roundTrips
    return figures
  }
}
