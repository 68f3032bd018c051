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
      for contender in contenders {
        progress("round \(round) of \(rounds): \(contender.title)")
        for (scenario, figures) in try await run(contender, throughProxy: throughLink) {
          board[scenario, default: [:]][contender, default: []].append(figures)
        }
      }
    }
    guard !throughLink else { return board }
    for contender in contenders {
      progress("counting bytes: \(contender.title)")
      for (scenario, counted) in try await run(contender, throughProxy: true) {
        let runs = board[scenario]?[contender] ?? []
        board[scenario]?[contender] = runs.map { $0.withTraffic(of: counted) }
      }
    }
    return board
  }

  /// All scenarios of one contender, from an empty target on.
  private func run(_ contender: Contender, throughProxy: Bool) async throws -> [(Scenario, Figures)] {
    let ends =
      throughProxy ? (arena.source.throughProxy, arena.target.throughProxy) : (arena.source.direct, arena.target.direct)
    try await arena.reset()
    let process = try await process(contender, source: ends.0, target: ends.1)
    var results: [(Scenario, Figures)] = []
    for scenario in scenarios {
      try await arena.edit(scenario.editedRows(of: arena.rows))
      try await arena.settle()
      results.append((scenario, try await measure(process)))
      try await arena.checkLevel(after: contender)
    }
    return results
  }

  private func measure(_ process: MeasuredProcess) async throws -> Figures {
    for side in [arena.source, arena.target] { await side.proxy.resetTraffic() }
    let (wal, cpu) = (try await arena.walPosition(), try arena.serverCPU())
    let cost = try await process.run()
    // A session drops its temporary tables when its client has gone.
    try await Task.sleep(for: .milliseconds(200))
    let serverCPU = try arena.serverCPU() - cpu
    let (source, target) = (await arena.source.proxy.traffic, await arena.target.proxy.traffic)
    return Figures(
      wall: cost.wall, ownCPU: cost.cpu, serverCPU: serverCPU, peakMemory: cost.peakMemory,
      walBytes: try await arena.walPosition() - wal, bytesToTarget: Double(target.bytesToServer),
      bytesFromTarget: Double(target.bytesToClient), bytesFromSource: Double(source.bytesToClient),
      roundTrips: Double(source.answers + target.answers))
  }

  /// What to start for a contender, with the files that it needs.
  private func process(_ contender: Contender, source: String, target: String) async throws -> MeasuredProcess {
    var process = MeasuredProcess(
      words: [], environment: ["PATH": programs.postgres.directory], directory: directory)
    switch contender {
    case .pgtide:
      let file = "\(directory)/pgtide.yaml"
      try arena.data.configuration(source: source, target: target)
        .write(toFile: file, atomically: true, encoding: .utf8)
      process.words = [programs.pgtide, "sync", "--quiet", "--config", file] + programs.options
    case .session:
      let work = "\(directory)/floor"
      // It reads the catalog, which is no part of the job; whoever writes SQL by hand has done so before.
      process.words = ["\(programs.floor)/prepare.sh", arena.source.direct, arena.target.direct, work]
      process.words += arena.data.tables.map { "\($0.target)=\($0.source)" }
      _ = try await process.run()
      process.words = ["\(programs.floor)/run.sh", source, target, work, "session"]
    case .batched:
      process.words = [programs.bench, "batched-insert", "--data", arena.data.rawValue, source, target]
    }
    return process
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
