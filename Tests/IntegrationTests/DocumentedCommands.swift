import Foundation
import Testing

/// A command that a page of the documentation shows, and what it says of how the command ends.
struct DocumentedCommand: Sendable {
  let text: String
  /// What the page shows for `echo $?` behind it; otherwise it ends well.
  var exitCode: Int32 = 0
}

/// The commands of a page, from the first to the last.
struct DocumentedCommands: Sendable, CustomTestStringConvertible {
  /// From the root of the package.
  let page: String
  let commands: [DocumentedCommand]

  var testDescription: String { page }

  /// Every page that shows a command.
  static let all: [DocumentedCommands] = {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let found = FileManager.default.enumerator(atPath: root + "/docs")?.compactMap { $0 as? String } ?? []
    let pages = ["README.md", "CONTRIBUTING.md"] + found.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }.sorted()
    return pages.compactMap { page in
      guard let text = try? String(contentsOfFile: "\(root)/\(page)", encoding: .utf8) else { return nil }
      let commands = commands(in: text)
      return commands.isEmpty ? nil : DocumentedCommands(page: page, commands: commands)
    }
  }()

  /// In a `console` block, what stands behind a `$`; in `sh` and `crontab`, every line.
  private static func commands(in text: String) -> [DocumentedCommand] {
    var commands: [DocumentedCommand] = []
    var language: Substring?
    var showsExitCode = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        language = language == nil ? line.dropFirst(3) : nil
      } else if showsExitCode {
        commands[commands.count - 1].exitCode = Int32(line) ?? -1
        showsExitCode = false
      } else if language == "console", line == "$ echo $?" {
        showsExitCode = true
      } else if language == "console", line.hasPrefix("$ ") {
        commands.append(DocumentedCommand(text: String(line.dropFirst(2))))
      } else if language == "sh" || language == "crontab", !line.isEmpty {
        commands.append(DocumentedCommand(text: String(line)))
      }
    }
    return commands
  }
}

extension DocumentedCommand {
  /// What no test can run, by how it begins, and why.
  static let exceptions: [(beginning: String, reason: String)] = [
    ("apt-get install ", "installs packages of the system"),
    ("install -m ", "installs pgtide for all users"),
    ("swift build", "builds what is being tested"),
    ("scripts/install-dependencies", "installs packages of the system"),
    ("scripts/test", "runs this test"),
    ("scripts/bench", "takes minutes, and a machine with nothing else to do"),
    ("scripts/torture", "takes minutes; the tests run a part of it by themselves"),
    ("scripts/property", "takes minutes; the tests run a part of it by themselves"),
    ("scripts/fuzz", "takes minutes; the tests run a part of it by themselves"),
    ("scripts/pairs", "needs servers of other versions"),
    ("PGTIDE_TEST_SOURCE=", "needs servers of other versions"),
    ("PGTIDE_SOURCE=", "a line of a crontab, with somebody's servers"),
    ("PGTIDE_TARGET=", "a line of a crontab, with somebody's servers"),
    ("15 2 * * *  /usr/local/bin/pgtide ", "a line of a crontab, with somebody's paths"),
    ("lz4 ", "needs a file of a run that failed"),
  ]

  var exception: String? { Self.exceptions.first { text.hasPrefix($0.beginning) }?.reason }
}
