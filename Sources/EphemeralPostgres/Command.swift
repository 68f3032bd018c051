import FoundationEssentials
import Subprocess

/// Runs PostgreSQL's own programs and turns their failures into ``ClusterError``s.
struct Command: Sendable {
  var binaries: PostgresBinaries

  /// What a program wrote, and whether it was content.
  struct Outcome: Sendable {
    var succeeded: Bool
    var output: String
    var diagnostics: String
  }

  /// Untranslated messages, UTF-8, no `~/.psqlrc` defaults from the caller's `PG*` variables.
  var environment: Environment {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return .inherit.updating([
      "PATH": "\(binaries.directory):\(path)", "LC_ALL": "C", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": nil,
      "PGDATA": nil, "PGPORT": nil,
    ])
  }

  /// Runs a program to its end. That it fails is not an error here; that it cannot be started is.
  func outcome(
    of program: String, _ arguments: [String], input: [UInt8] = [], as user: ServerUser? = nil
  ) async throws -> Outcome {
    // Input goes by way of a file: swift-subprocess 1.0.2 traps when a program ends before it has read its pipe.
    let inputFile = try input.isEmpty ? nil : Self.temporaryFile(holding: input)
    defer { if let inputFile { try? FileManager.default.removeItem(atPath: inputFile) } }
    // From the root directory: the server's programs fail in one that their user may not enter.
    let shell =
      if let inputFile {
        // Removed as soon as it is open, so that none stays behind when we are killed.
        ["-c", "exec <\"$0\" && rm \"$0\" && cd / && exec \"$@\"", inputFile]
      } else {
        ["-c", "cd / && exec \"$0\" \"$@\""]
      }
    let words = (user?.commandPrefix ?? []) + [program] + arguments
    let result = try await run(
      .name("sh"), arguments: Arguments(shell + words), environment: environment, output: .string(limit: 256 << 20),
      error: .string(limit: 1 << 20))
    try Task.checkCancellation()
    return Outcome(
      succeeded: result.terminationStatus.isSuccess, output: result.standardOutput,
      diagnostics: result.standardError)
  }

  /// Runs a program to its end and returns its output; throws with its messages if it fails.
  @discardableResult
  func output(
    of program: String, _ arguments: [String], input: [UInt8] = [], as user: ServerUser? = nil,
    operation: String, hint: String? = nil
  ) async throws -> String {
    let outcome = try await outcome(of: program, arguments, input: input, as: user)
    guard outcome.succeeded else {
      let said = outcome.diagnostics.isEmpty ? outcome.output : outcome.diagnostics
      throw ClusterError(operation, output: String(said.suffix(4000)), hint: hint)
    }
    return outcome.output
  }
}

extension Command {
  private static func temporaryFile(holding bytes: [UInt8]) throws -> String {
    let name = "pgtide-input-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let path = FileManager.default.temporaryDirectory.appending(path: name).path
    guard
      FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
    else { throw ClusterError("write the file \(path)") }
    return path
  }
}

/// Does work that must be finished even when the calling task is cancelled, such as stopping a server.
///
/// The task is always waited for; it is unstructured only because a child would inherit the cancellation.
func shielded<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
  try await Task(operation: work).value
}
