import Foundation
import PGTide
import Testing

/// The articles of the library's documentation. Their code stands in a file of this target by the article's name, so that
/// it is compiled; and what can be tried without a server is tried here.
@Suite struct ArticleTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
  private static let articles = "\(root)/Sources/PGTide/PGTide.docc"

  /// The Swift code between three backticks.
  private static func blocks(_ article: String) -> [[String]] {
    var blocks: [[String]] = []
    var open: [String]?
    for line in article.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```swift" {
        open = []
      } else if line == "```" {
        if let block = open { blocks.append(block) }
        open = nil
      } else {
        open?.append(String(line))
      }
    }
    return blocks
  }

  /// Whether the lines stand in a row in the code, all of them indented by as much.
  private static func contains(_ code: [Substring], _ block: [String]) -> Bool {
    code.indices.contains { start in
      guard start + block.count <= code.count else { return false }
      let indent = code[start].prefix { $0 == " " }
      return zip(code[start...], block).allSatisfy { line, expected in
        expected.isEmpty ? line.isEmpty : line == indent + expected
      }
    }
  }

  @Test func `there are three articles, and the first page leads to them`() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.articles).filter { $0.hasSuffix(".md") }
    let landing = try String(contentsOfFile: "\(Self.articles)/PGTide.md", encoding: .utf8)
    let names = files.map { $0.dropLast(3) }.filter { $0 != "PGTide" }
    #expect(names.count == 3)
    for name in names { #expect(landing.contains("<doc:\(name)>")) }
  }

  @Test(arguments: ["FirstSync", "ObservingARun", "EmbeddingInAService"])
  func `all code of an article is compiled`(name: String) throws {
    let article = try String(contentsOfFile: "\(Self.articles)/\(name).md", encoding: .utf8)
    let file = try String(contentsOfFile: "\(Self.root)/Tests/ArticleTests/\(name).swift", encoding: .utf8)
    let code = file.split(separator: "\n", omittingEmptySubsequences: false)
    let blocks = Self.blocks(article)
    #expect(blocks.count >= 4)
    for block in blocks { #expect(Self.contains(code, block), "\(block.joined(separator: "\n"))") }
  }

  @Test func `what is no part of the code is found out`() {
    let code = "  let a = 1\n  let b = 2\n".split(separator: "\n", omittingEmptySubsequences: false)
    #expect(Self.contains(code, ["let a = 1", "let b = 2"]))
    #expect(!Self.contains(code, ["let a = 1", "let c = 2"]))
    #expect(!Self.contains(code, ["let b = 2", "let a = 1"]))
  }

  // MARK: - What can be tried without a server

  @Test func `the configuration that is built in code is a sound one`() throws {
    let configuration = FirstSync.inCode()
    try configuration.validate()
    #expect(configuration.target.schema == "app")
    #expect(configuration.tables.map(\.target.description) == ["people", "hr.teams"])
  }

  @Test func `settings from outside are taken whole or not at all`() async throws {
    let service = EmbeddingInAService(FirstSync.inCode())
    await #expect(throws: SettingsError.self) { try await service.apply(jobs: 8, lockTimeout: .zero) }
    #expect(await service.configuration.settings.jobs == 4)
    try await service.apply(jobs: 8, lockTimeout: .seconds(3))
    #expect(await service.configuration.settings.jobs == 8)
  }

  @Test func `a service that is stopped comes to its end`() async {
    var configuration = FirstSync.inCode()
    configuration.source.connection = "host=127.0.0.1 port=1"
    configuration.target.connection = "host=127.0.0.1 port=1"
    await EmbeddingInAService.serve(EmbeddingInAService(configuration)) {}
  }
}
