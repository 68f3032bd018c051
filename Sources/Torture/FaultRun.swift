import EphemeralPostgres
import FaultProxy
import Synchronization

/// A run of pgtide with one fault in it.
struct FaultRun: Sendable {
  let station: Station
  let choice: FaultChoice
  let strikes: StrikeSlot
  private let victim = Victim()

  init(station: Station, choice: FaultChoice, strikes: StrikeSlot) {
    self.station = station
    self.choice = choice
    self.strikes = strikes
  }

  func run() async throws -> PGTideProcess.Ended {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await strikes.whenStruck(perform: sequel) }
      if case .time(let time) = choice.place {
        group.addTask {
          try? await Task.sleep(for: time)
          // The next byte after this time; none comes when the run has ended.
          if !Task.isCancelled { arm(.bytes(0)) }
        }
      }
      if case .link(let point) = choice.place { arm(point) }
      let ended = try await station.pgtide.sync(
        choice.arguments, victim: victim)
      strikes.close()
      // What a fault began, such as a server's restart, comes to its end.
      try await group.waitForAll()
      return ended
    }
  }

  private func arm(_ point: Fault.Point) {
    let (station, choice, victim, strikes) = (station, choice, victim, strikes)
    station[choice.end].proxy.arm(Fault(at: point, choice.effect)) { strike in
      switch choice.kind {
      case .killed: victim.kill()
      case .targetCrashed, .sourceCrashed: station[choice.end].crash()
      default: break
      }
      strikes.strike(Phase(after: strike.text))
    }
  }

  /// What takes longer than the proxy may wait for.
  private func sequel() async throws {
    let side = station[choice.end]
    switch choice.kind {
    case .oneTerminated: try await side.terminate(choice.victim)
    case .allTerminated: try await side.terminate(nil)
    case .stalledAndKilled:
      try await Task.sleep(for: choice.delay)
      victim.kill()
    case .targetRestarted:
      try await side.cluster.stop()
      try await Task.sleep(for: choice.delay)
      try await side.cluster.start()
    case .targetCrashed, .sourceCrashed:
      try await side.cluster.crash()
      try await Task.sleep(for: choice.delay)
      try await side.cluster.start()
    default: break
    }
  }
}

/// Holds where a fault struck, and wakes whoever has to go on from there.
final class StrikeSlot: Sendable {
  private let struck = Mutex<Phase?>(nil)
  private let stream: AsyncStream<Void>
  private let told: AsyncStream<Void>.Continuation

  init() { (stream, told) = AsyncStream.makeStream(of: Void.self) }

  /// What the connection was at; `nil` when the place was not reached.
  var phase: Phase? { struck.withLock(\.self) }

  func strike(_ phase: Phase) {
    struck.withLock { $0 = phase }
    told.yield()
  }

  /// Nothing strikes any more.
  func close() { told.finish() }

  func whenStruck(perform body: () async throws -> Void) async throws {
    for await _ in stream {
      try await body()
      return
    }
  }
}
