import FoundationEssentials
import Subprocess
import SystemPackage

/// A program that is run to its end with its costs noted.
struct MeasuredProcess {
  /// The program and its arguments.
  var words: [String]
  var environment: [String: String]
  /// For what `time` writes.
  var directory: String

  struct Cost {
    var wall: Double
    var cpu: Double
    var peakMemory: Double
    /// What the program printed.
    var output: String
  }

  /// GNU time asks the system, `wait4()`, so that processes which the program starts and waits for count as well. It
  /// stands in between, because a process begins with the peak memory of the one that started it, and `time` is small.
  private static let time = "/usr/bin/time"

  /// Throws: ``BenchError`` with the program's messages when it ends otherwise than expected.
  func run(exitCode: Int32 = 0) async throws -> Cost {
    let notes = "\(directory)/time"
    let inherited = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let path = environment["PATH"].map { "\($0):\(inherited)" } ?? inherited
    var updates: [Environment.Key: String?] = ["PATH": path]
    for (name, value) in environment where name != "PATH" { updates[Environment.Key(rawValue: name)!] = value }
    let start = ContinuousClock.now
    let result = try await Subprocess.run(
      .path(.init(Self.time)), arguments: Arguments(["-q", "-o", notes, "-f", "%U %S %M"] + words),
      environment: .inherit.updating(updates), input: .none, output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20))
    let wall = start.duration(to: .now) / .seconds(1)
    guard result.terminationStatus == .exited(exitCode) else {
      let said = "\(result.standardError)\n\(result.standardOutput)".suffix(4000)
      throw BenchError("\(words[0]) ended with \(result.terminationStatus): \(said)")
    }
    let figures = try String(contentsOfFile: notes, encoding: .utf8)
      .split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard figures.count == 3 else { throw BenchError("\(Self.time) did not say what \(words[0]) cost") }
    return Cost(wall: wall, cpu: figures[0] + figures[1], peakMemory: figures[2] * 1024, output: result.standardOutput)
  }
}
