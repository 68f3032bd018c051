import ArgumentParser
import Fuzzing
import Glibc
import SystemPackage

/// `fuzz-main`: gives the parsers inputs that nobody would write. `scripts/fuzz` builds and runs it.
@main
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz-main", abstract: "Give the parsers many inputs that nobody would write.",
    discussion: """
      Each input follows from the seed and its number. What is wrong is shown, the input is written to a file, and the \
      command ends with 1. An input that takes longer than the time limit ends the command by SIGPROF, and one that \
      makes it crash by another signal; the file DIR/SUBJECT.number then holds its number, for --write.
      """)

  @Argument(help: "What to try: \(FuzzRun.subjects.map { $0.name }.joined(separator: ", ")).")
  var subject: String

  @Option(help: "How many inputs.")
  var inputs = 1_000_000

  @Option(help: "What the inputs follow from. Without it, a random number, which is printed.")
  var seed: UInt64?

  @Option(help: "Where the number of the input at work and failing inputs are written.")
  var directory = "."

  @Option(help: "Seconds of processor time that one input may take, and a sixtieth of what it may take in all.")
  var timeLimit = 10

  @Option(help: ArgumentHelp("Write the input of this number to a file instead of trying it.", valueName: "number"))
  var write: Int?

  @Option(help: ArgumentHelp("Try the input in this file only.", valueName: "file"))
  var replay: String?

  func run() throws {
    guard let kind = FuzzRun.subjects.first(where: { $0.name == subject }) else {
      throw ValidationError("There is no subject \(subject).")
    }
    let seed = seed ?? UInt64.random(in: 0...UInt64.max)
    var run = FuzzRun(kind, seed: seed)
    if let replay {
      watch()
      try run.check(Files.bytes(of: replay))
      say("nothing is wrong with \(replay)")
    } else if let write {
      say(try Files.write(run.input(write), to: "\(directory)/\(subject)-\(seed)-\(write)"))
    } else {
      try many(&run)
    }
  }

  private func many(_ run: inout FuzzRun) throws {
    say("\(subject): \(inputs) inputs from seed \(run.seed)")
    let number = try FileDescriptor.open(
      FilePath("\(directory)/\(subject).number"), .writeOnly, options: [.create, .truncate],
      permissions: [.ownerReadWrite])
    defer { try? number.close() }
    let start = ContinuousClock.now
    let failure = run.run(0..<inputs) { input in
      // Fixed in width, so that the shorter number leaves nothing of the longer behind.
      let digits = String(input)
      let text = String(repeating: "0", count: 12 - digits.count) + digits + "\n"
      do { try number.writeAll(toAbsoluteOffset: 0, text.utf8) } catch { fatalError("\(error)") }
      watch()
    }
    watch(0)
    if let failure {
      let path = try Files.write(failure.input, to: "\(directory)/\(subject)-\(run.seed)-\(failure.number)")
      say("\(subject): input \(failure.number) from seed \(run.seed): \(failure.finding)")
      say("try it again: fuzz-main \(subject) --replay \(path)")
      throw ExitCode(1)
    }
    let seconds = max(1, (ContinuousClock.now - start).components.seconds)
    say(
      "\(subject): nothing found in \(inputs) inputs from seed \(run.seed); \(seconds) s, \(inputs / Int(seconds)) a second"
    )
  }

  /// Begins to wait for the end of the next input. Processor time, because a busy machine is no hang.
  private func watch(_ limit: Int? = nil) {
    let limit = limit ?? timeLimit
    var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: limit, tv_usec: 0))
    // The kernel reads the value before the call returns, and is asked for no former one.
    unsafe setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    alarm(UInt32(limit * 60))
  }

  /// At once, not when some buffer is full: the next input may end the process.
  private func say(_ text: String) { _ = try? FileDescriptor.standardOutput.writeAll((text + "\n").utf8) }
}
