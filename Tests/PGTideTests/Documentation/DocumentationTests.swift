import Foundation
import Testing

@Suite struct DocumentationTests {
  /// Every file below these directories of the package.
  private static func files(below directories: [String]) -> [String] {
    directories.flatMap { directory in
      let found = FileManager.default.enumerator(atPath: "\(DocumentationPage.root)/\(directory)")
      return (found?.compactMap { $0 as? String } ?? []).filter { !$0.contains(".build/") }.map { "\(directory)/\($0)" }
    }
  }

  @Test func `every link leads to a file, and to a heading of it`() throws {
    let pages = try DocumentationPage.all()
    let anchors = Dictionary(uniqueKeysWithValues: pages.map { ($0.path, $0.anchors) })
    #expect(pages.flatMap(\.relativeLinks).count > 100)
    for page in pages {
      for link in page.relativeLinks {
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? page.path : page.resolved(String(parts[0]))
        #expect(
          FileManager.default.fileExists(atPath: "\(DocumentationPage.root)/\(file)"), "\(page.path) links to \(link)")
        guard parts.count == 2 else { continue }
        #expect(anchors[file]?.contains(String(parts[1])) == true, "\(page.path) links to \(link)")
      }
    }
  }

  @Test func `no page has more than 300 lines`() throws {
    // What stands behind the last line's end is one more.
    for page in try DocumentationPage.all() { #expect(page.lines.count <= 301, "\(page.path)") }
  }

  @Test func `the index leads to every page`() throws {
    let pages = try DocumentationPage.all()
    let index = try #require(pages.first { $0.path == "docs/README.md" })
    let linked = Set(index.relativeLinks.map { index.resolved(String($0.prefix { $0 != "#" })) })
    #expect(pages.count > 25)
    #expect(pages.map(\.path).filter { $0 != index.path && !linked.contains($0) } == [])
  }

  @Test func `words that only the code has for a thing stand in the glossary alone`() throws {
    let words: Set = ["house", "lane", "lanes", "sieve", "tidy", "tidied", "tidying"]
    for page in try DocumentationPage.all() where page.path != "docs/inside/glossary.md" {
      let prose = page.prose.joined(separator: "\n").replacing(/`[^`]*`/, with: "")
      #expect(words.intersection(prose.lowercased().split { !$0.isLetter }.map(String.init)) == [], "\(page.path)")
    }
  }

  @Test func `the walk through the code has less than 40 lines`() throws {
    let walk = try #require(try DocumentationPage.all().first { $0.path == "docs/inside/walk.md" })
    #expect(walk.lines.count < 40)
  }

  @Test func `the architecture has the folders of the engine in their order`() throws {
    let page = try #require(try DocumentationPage.all().first { $0.path == "docs/inside/architecture.md" })
    let section = page.text.split(separator: "\n## Layers\n").last?.split(separator: "\n## ").first ?? ""
    let documented = section.matches(of: /\n\| `([A-Za-z]+)` \|/).map { String($0.1) }
    #expect(documented == Floors.all.filter { $0.target.hasPrefix("PGTide") }.flatMap(\.folders))
  }

  @Test func `every source file that a page names is there`() throws {
    let names = Set(
      Self.files(below: ["Sources", "Tests"]).filter { $0.hasSuffix(".swift") }
        .compactMap { $0.split(separator: "/").last.map(String.init) })
    var count = 0
    for page in try DocumentationPage.all() {
      for match in page.text.matches(of: /`([A-Za-z0-9+_]+\.swift)`/) {
        count += 1
        #expect(names.contains(String(match.1)), "\(page.path) names \(match.1)")
      }
    }
    #expect(count > 60)
  }

  @Test func `every page that code, tests and scripts refer to is there`() throws {
    var count = 0
    for file in Self.files(below: ["Sources", "Tests", "scripts", "Benchmarks"]) {
      guard let text = try? String(contentsOfFile: "\(DocumentationPage.root)/\(file)", encoding: .utf8) else {
        continue
      }
      for match in text.matches(of: /docs\/[a-z\/-]+\.(md|json)/) {
        count += 1
        #expect(
          FileManager.default.fileExists(atPath: "\(DocumentationPage.root)/\(match.0)"), "\(file) names \(match.0)")
      }
    }
    #expect(count > 30)
  }
}
