import EphemeralPostgres
import Foundation
import PracticeData
import Subprocess
import Testing

extension Integration {
  /// The commands of README and documentation, run by a shell on practice data.
  @Suite struct DocumentedCommandTests {
    /// Pages that begin with an empty target, as their reader does.
    private static let emptyTargets: Set = ["README.md", "docs/guides/first-sync.md", "docs/guides/real-office.md"]
    /// What a page takes for granted to be in the configuration.
    private static let saidInConfiguration = ["docs/reference/deletes.md": "deletes: remove\n"]

    @Test(arguments: DocumentedCommands.all.filter { $0.commands.contains { $0.exception == nil } })
    func `the commands of a page end as it says`(_ page: DocumentedCommands) async throws {
      try await withPracticeDatabases { source, target, _ async throws in
        let commands = page.commands.filter { $0.exception == nil }
        let ended = try await Self.run(
          commands.map(\.text), first: Self.emptyTargets.contains(page.page) ? nil : "pgtide sync --quiet",
          configuration: PracticeData.configuration + Self.saidInConfiguration[page.page, default: ""],
          environment: [
            "PGTIDE_SOURCE": source.connectionString, "PGTIDE_TARGET": target.connectionString,
            "DBA_CONNECTION": target.connectionString,
          ])
        #expect(ended.count == commands.count)
        for (command, ended) in zip(commands, ended) {
          #expect(ended.code == command.exitCode, "\(page.page): \(command.text)\n\(ended.output)")
        }
      }
    }

    @Test func `every command that is not run is still there`() {
      let all = DocumentedCommands.all.flatMap(\.commands)
      #expect(all.count { $0.text.hasPrefix("pgtide ") } > 25)
      for exception in DocumentedCommand.exceptions {
        #expect(all.contains { $0.text.hasPrefix(exception.beginning) }, "\(exception.beginning)")
      }
    }

    private struct Ended {
      let code: Int32
      let output: String
    }

    /// Runs these commands one after the other in one shell, in a home directory of its own that has the configuration.
    private static func run(
      _ commands: [String], first: String?, configuration: String, environment: [String: String]
    ) async throws -> [Ended] {
      let directory = FileManager.default.temporaryDirectory.appending(path: "pgtide-documented-\(UUID())").path
      try FileManager.default.createDirectory(atPath: directory + "/outputs", withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      try configuration.write(toFile: directory + "/pgtide.yaml", atomically: true, encoding: .utf8)
      // In braces, because a later command may need what an earlier one does to the shell.
      let steps = commands.enumerated().map { number, command in
        "{ \(command)\n} > '\(directory)/outputs/\(number)' 2>&1; echo $? > '\(directory)/outputs/\(number).code'"
      }
      let script = """
        cd '\(directory)'
        trap 'for at in "$HOME"/*/; do pgtide-practice down "$at"; done > "$HOME/outputs/down" 2>&1' EXIT
        \(first ?? ":") || exit 1
        \(steps.joined(separator: "\n"))
        """
      let programs = CommandProgram.path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
      var variables: [Environment.Key: String?] = [
        "HOME": directory, "XDG_CACHE_HOME": nil,
        "PATH": programs + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
      ]
      for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
      let result = try await Subprocess.run(
        .name("bash"), arguments: ["-c", script], environment: .inherit.updating(variables),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      #expect(result.terminationStatus == .exited(0), "\(result.standardError)")
      return try commands.indices.map { number in
        func read(_ name: String) throws -> String {
          try String(contentsOfFile: "\(directory)/outputs/\(name)", encoding: .utf8)
        }
        let code = try read("\(number).code").trimmingCharacters(in: .whitespacesAndNewlines)
        return Ended(code: Int32(code) ?? -1, output: try read("\(number)"))
      }
    }
  }
}
