import FoundationEssentials
import Subprocess

/// The built `pgtide`, run as a user runs it.
enum PGTideProcess {
  struct Ended: Sendable {
    var code: Int32
    var output: String
    var errors: String
    /// What the run left in its directory, by name, beside the files that it was given.
    var files: [String: String] = [:]
  }

  /// Runs `sh -c script` with `pgtide` in `$PGTIDE`, in a directory of its own that holds `files` (readable by their
  /// owner only).
  static func run(
    _ script: String, files: [String: String], environment: [String: String?] = [:]
  ) async throws -> Ended {
    let directory = FileManager.default.temporaryDirectory.appending(path: "pgtide-command-\(UUID())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for (name, text) in files {
      try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(directory)/\(name)")
    }
    var variables: [Environment.Key: String?] = ["PGTIDE": CommandProgram.path]
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    let result = try await Subprocess.run(
      .name("sh"), arguments: ["-c", "cd '\(directory)' && \(script)"], environment: .inherit.updating(variables),
      output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
    let code: Int32 = if case .exited(let code) = result.terminationStatus { code } else { -1 }
    var ended = Ended(code: code, output: result.standardOutput, errors: result.standardError)
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) where files[name] == nil {
      ended.files[name] = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
    }
    return ended
  }
}
