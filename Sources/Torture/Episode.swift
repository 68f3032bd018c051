import FaultProxy
import FoundationEssentials
import Postgres

/// A pair of databases with their past: what the office and the app did, and how the target stands.
struct Episode: Sendable {
  let station: Station
  let app: App
  var generator: SeededGenerator
  var office: Office
  /// The office's rows as the target is level with them.
  private var level: SuiteRows = [:]
  private var newestRun = 0

  init(station: Station, app: App, generator: SeededGenerator, office: Office) {
    self.station = station
    self.app = app
    self.generator = generator
    self.office = office
  }

  /// One fault and the run after it, with everything that must hold.
  mutating func round(isFirst: Bool, sizes: RunSizes) async throws -> RoundResult {
    let start = try await isFirst ? now() : edit()
    let choice = FaultChoice(&generator, sizes: sizes, isFirst: isFirst)
    let strikes = StrikeSlot()
    let ended = try await FaultRun(station: station, choice: choice, strikes: strikes).run()
    var result = RoundResult(choice: choice, ended: ended, phase: strikes.phase)
    result.violations = ended.violations(choice)
    result.violations += try await station.settle()
    guard result.violations.isEmpty else { return result }

    let (target, level, newestRun, office) = (station.target, level, newestRun, office)
    let round = newestRun
    let (found, newest) = try await app.whilePaused { ledger in
      let state = try await target.connect {
        try await TargetState.read($0, after: newestRun, round: round, since: start)
      }
      let judge = Judge(before: level, now: office.rows, ledger: ledger, groups: choice.groups)
      return (judge.violations(after: state, reported: ended.reported), max(newestRun, state.newestRun))
    }
    self.newestRun = newest
    result.violations += found + (await app.complaints)
    guard result.violations.isEmpty else { return result }
    try await recover(&result, since: round)
    return result
  }

  private mutating func recover(_ result: inout RoundResult, since round: Int) async throws {
    let (sizes, ended, violations) = try await runToEnd(round: round)
    result.recoverySizes = sizes
    result.recovery = ended
    result.violations += violations
  }

  /// A run without a fault, and everything that must hold after it.
  ///
  /// - Parameter round: the newest run before the round; `nil`: the newest of all.
  private mutating func runToEnd(round: Int? = nil) async throws -> (RunSizes, PGTideProcess.Ended, [String]) {
    try await app.leaveOfficeRows()
    let ended = try await station.pgtide.sync()
    let sizes = RunSizes(
      source: await station.source.proxy.traffic, target: await station.target.proxy.traffic, duration: ended.duration)
    var violations: [String] = []
    violations += try await station.settle()
    guard ended.status == 0, violations.isEmpty else {
      return (sizes, ended, violations + ["the run without a fault ended with \(ended.label): \(ended.told)"])
    }
    let (target, newestRun, office, directory) = (station.target, newestRun, office, station.pgtide.directory)
    let (round, level) = (round ?? newestRun, level)
    let (found, newest) = try await app.whilePaused { ledger in
      try await target.connect { connection -> ([String], Int) in
        let state = try await TargetState.read(connection, after: newestRun, round: round, since: "-infinity")
        let judge = Judge(before: office.rows, now: office.rows, round: level, ledger: ledger)
        let left = try await Leftovers.onTarget(connection) + Leftovers.files(in: directory)
        return (judge.violations(afterRecovery: state) + left, state.newestRun)
      }
    }
    self.newestRun = newest
    self.level = office.rows
    return (sizes, ended, violations + found + (await app.complaints))
  }

  /// A run without a fault whose size counts; a violation ends everything.
  mutating func cleanRun() async throws -> RunSizes {
    let (sizes, _, violations) = try await runToEnd()
    guard violations.isEmpty else {
      throw SuiteFailure("a run before the first fault: \(violations.joined(separator: "\n"))")
    }
    return sizes
  }

  /// The office works, and the app may go on as it likes. Returns the target's time before.
  mutating func edit() async throws -> String {
    let edit = office.work(&generator)
    try await station.source.connect { connection in
      for statement in edit.statements { try await connection.query(statement) }
    }
    await app.beginRound(newKeys: edit.newKeys)
    return try await now()
  }

  private func now() async throws -> String {
    try await station.target.connect { try await $0.query("SELECT clock_timestamp()").rows.first?.text(0) ?? "" }
  }
}

/// The suite itself cannot go on.
package struct SuiteFailure: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}
