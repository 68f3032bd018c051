import ArgumentParser
import FoundationEssentials
import PGTide
import Testing

@testable import PGTideCommand

/// The pages of the reference that repeat what the program says of itself.
@Suite struct CommandReferenceTests {
  private static func page(_ name: String) throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    return try String(contentsOfFile: "\(root)/docs/reference/\(name).md", encoding: .utf8)
  }

  /// The options in the first column of the tables between a heading and the next one that is not below it.
  private static func documented(under heading: String, in page: String) throws -> Set<String> {
    let level = heading.prefix { $0 == "#" }.count
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0 == heading })
    let section = lines[(start + 1)...].prefix { line in
      let depth = line.prefix { $0 == "#" }.count
      return depth == 0 || depth > level
    }
    let cells = section.filter { $0.hasPrefix("| `-") }.compactMap { $0.split(separator: " | ").first }
    return Set(cells.flatMap { $0.matches(of: /--[a-z0-9-]+/).map { String($0.0) } })
  }

  /// The options that a command's help lists.
  private static func options(of command: any ParsableCommand.Type) -> Set<String> {
    let lines = RootCommand.helpMessage(for: command).split(separator: "\n").map { $0.drop { $0 == " " } }
    let names = lines.filter { $0.hasPrefix("-") }.map {
      $0.prefix(upTo: $0.firstRange(of: "  ")?.lowerBound ?? $0.endIndex)
    }
    return Set(names.flatMap { $0.matches(of: /--[a-z0-9-]+/).map { String($0.0) } }).subtracting([
      "--help", "--version",
    ])
  }

  @Test(arguments: [
    ("sync", ["## sync"]), ("plan", ["## plan", "### Speed"]),
    ("check", ["## check", "### Speed"]), ("tune", ["## tune"]), ("inspect", ["## inspect"]),
    ("init-metadata", ["## init-metadata"]), ("schema", nil),
  ])
  func `every option is in the reference, and every option of the reference is one`(
    name: String, headings: [String]?
  ) throws {
    let command = try #require(RootCommand.configuration.subcommands.first { $0._commandName == name })
    let page = try Self.page("commands")
    var documented: Set<String> = []
    for heading in headings.map({ ["## For every command but schema"] + $0 }) ?? [] {
      documented.formUnion(try Self.documented(under: heading, in: page))
    }
    let options = Self.options(of: command)
    #expect(options.isEmpty == (headings == nil))
    #expect(options.subtracting(documented) == [], "not in the reference")
    #expect(documented.subtracting(options) == [], "no option of \(name)")
  }

  @Test func `the reference of the settings has the option of each that has one`() throws {
    let options = Self.options(of: SyncCommand.self)
    let lines = try Self.page("configuration").split(separator: "\n")
    for setting in Settings.all {
      let row = try #require(lines.first { $0.hasPrefix("| `\(setting.key)` |") })
      let cell = try #require(row.split(separator: " | ", omittingEmptySubsequences: false).dropFirst(2).first)
      let option = "--" + setting.key.replacing("_", with: "-")
      #expect(cell.contains("`\(option)") == options.contains(option), "\(setting.key)")
    }
  }

  @Test func `every command is in the reference, and every command of the reference is one`() throws {
    let documented = try Self.page("commands").matches(of: /\n\| `pgtide ([a-z-]+)` \|/).map { String($0.1) }
    #expect(documented.sorted() == RootCommand.configuration.subcommands.map { $0._commandName }.sorted())
  }

  @Test func `the reference has every exit code, and no other`() throws {
    let documented = try Self.page("exit-codes").matches(of: /\n\| (\d+) \|/).compactMap { Int32($0.1) }
    let codes = PGTideExit.allCases.map(\.rawValue) + [ExitCode.validationFailure.rawValue]
    #expect(documented == codes.sorted())
  }
}
