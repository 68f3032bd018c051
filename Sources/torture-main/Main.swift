import ArgumentParser
import FoundationEssentials
import SystemPackage
import Torture

@main
struct TortureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torture", abstract: "Break pgtide's runs at random points, and see that nothing goes wrong.",
    discussion: """
      Starts servers of its own. While an app works on the target all the time, each run meets one fault: pgtide killed, \
      its sessions terminated, its links cut or stalled, a server crashed. After each, everything that must hold is \
      checked, and the next run must bring the target level. Ends at the first violation, with what replays it.
      """)

  @Option(help: "How many faults have to strike.")
  var faults = 1000

  @Option(help: "The seed of all random choices. Without it, a new one, which is printed.")
  var seed: UInt64 = .random(in: 0...UInt64(UInt32.max))

  @Option(help: "Stop after so many minutes.")
  var minutes: Int?

  @Option(help: "Pairs of servers that are worked on at the same time.")
  var lanes = 4

  @Option(help: "The episode to begin with, as a violation names it.")
  var episode = 0

  @Option(help: "The pgtide to torture. Without it, the one beside this program.")
  var pgtide: String?

  func validate() throws {
    guard faults > 0, lanes > 0, episode >= 0 else { throw ValidationError("Numbers must be positive.") }
  }

  func run() async throws {
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "pgtide")
    let program = pgtide.map { URL(filePath: $0) } ?? beside
    let settings = TortureSettings(
      program: program.absoluteURL.path, faults: faults, seed: seed, firstEpisode: episode,
      limit: minutes.map { .seconds(60 * $0) }, lanes: lanes)
    say("seed \(seed), \(lanes) pairs of servers, \(settings.program)")
    let start = ContinuousClock.now
    do {
      let tally = try await Torture.run(settings) { tally in
        let seconds = Int(start.duration(to: .now) / .seconds(1))
        say("\(tally.struck) of \(faults) faults, \(tally.gotOver) got over, \(tally.retries) retries, \(seconds) s")
      }
      say("\(tally)")
      say("seed \(seed), \(Int(start.duration(to: .now) / .seconds(1))) s: nothing was violated")
    } catch let violation as TortureViolation {
      say("\(violation)")
      throw ExitCode.failure
    }
  }
}

/// Prints at once, also into a file.
private func say(_ text: String) {
  _ = try? FileDescriptor.standardOutput.writeAll((text + "\n").utf8)
}
