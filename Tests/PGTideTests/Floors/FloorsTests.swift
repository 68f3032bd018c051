import Foundation
import Testing

/// Folders use each other in one direction only.
@Suite struct FloorsTests {
  private static let sources = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Sources"

  private func files(of target: String) throws -> [String: String] {
    let folder = URL(filePath: "\(Self.sources)/\(target)", directoryHint: .isDirectory)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
    return try Dictionary(
      uniqueKeysWithValues: paths.map { ($0, try String(contentsOf: folder.appending(path: $0), encoding: .utf8)) })
  }

  @Test(arguments: Floors.all.map(\.target))
  func `no folder of a target uses a type from a higher floor`(target: String) throws {
    let floors = try #require(Floors.all.first { $0.target == target })
    let files = try files(of: target)
    #expect(!files.isEmpty)
    #expect(floors.findings(in: files) == [])
  }

  @Test func `every target that has folders says in which order they lie`() throws {
    let targets = try FileManager.default.contentsOfDirectory(atPath: Self.sources)
    let withFolders = try targets.filter { try files(of: $0).keys.contains { $0.contains("/") } }
    #expect(withFolders.sorted() == Floors.all.map(\.target).sorted())
  }

  @Test func `a target imports only targets that it depends on`() throws {
    let manifest = Manifest(try String(contentsOfFile: Self.sources + "/../Package.swift", encoding: .utf8))
    #expect(manifest.dependencies["PGTide"]?.contains("PGTideTransfer") == true)
    for target in try FileManager.default.contentsOfDirectory(atPath: Self.sources) {
      let files = try files(of: target)
      // The C libraries have none.
      if files.isEmpty { continue }
      #expect(manifest.dependencies[target] != nil, "Package.swift does not name \(target)")
      for (path, code) in files {
        #expect(manifest.strangers(in: code, of: target) == [], "\(target)/\(path)")
      }
    }
  }

  // MARK: - The check itself

  private let house = Floors("House", "Cellar", "Roof")
  private let roof = "struct Tile { enum Color { case red } }"

  private func findings(cellar: String) -> [String] {
    house.findings(in: ["Cellar/Shelf.swift": cellar, "Roof/Tile.swift": roof])
  }

  @Test func `a roof that uses the cellar is as it should be`() {
    let files = ["Cellar/Shelf.swift": "struct Shelf {}", "Roof/Tile.swift": "struct Tile { let shelf: Shelf }"]
    #expect(house.findings(in: files) == [])
  }

  @Test(arguments: [
    "struct Shelf { let tile: Tile }", "func look(_ tiles: [Tile]?) {}", "let text = \"a \\(Tile()) b\"",
    "let text = \"\"\"\n  \\(say(\"(\", Tile()))\n  \"\"\"", "let text = #\"\\#(Tile())\"#", "extension Tile {}",
    "/* /* */ */ let tile = Tile()",
  ])
  func `a cellar that uses the roof is found`(cellar: String) {
    #expect(findings(cellar: cellar) == ["Cellar/Shelf.swift: Tile of the higher floor Roof"])
  }

  @Test(arguments: [
    "// Tile", "/// ``Tile``\nstruct Shelf {}", "/* /* Tile */ Tile */", "let text = \"Tile \\\" Tile\"",
    "let text = \"\"\"\n  \"Tile\" Tile\n  \"\"\"", "let text = #\"\\(Tile)\"#", "let tile = Tiles()",
    "struct Shelf { private struct Tile {} }", "struct Shelf { enum Color {} }",
  ])
  func `what is no use of the roof is not found`(cellar: String) {
    #expect(findings(cellar: cellar) == [])
  }

  @Test func `a type within another one is found where it is declared, whatever name it is used by`() {
    let roof = "extension Shelf { struct Board {} }"
    for use in ["let board: Shelf.Board", "extension Shelf { var board: Board }"] {
      let files = ["Cellar/Shelf.swift": "struct Shelf {}\n\(use)", "Roof/Board.swift": roof]
      #expect(house.findings(in: files) == ["Cellar/Shelf.swift: Shelf.Board of the higher floor Roof"])
    }
  }

  @Test func `a folder that is not listed is found, and a file in none, and a floor that is gone`() {
    let files = ["Attic/Box.swift": "struct Box {}", "Loose.swift": "", "Cellar/Shelf.swift": "struct Shelf {}"]
    #expect(
      house.findings(in: files) == [
        "Attic/Box.swift: its folder is not among the floors of House",
        "Loose.swift: its folder is not among the floors of House",
        "Roof: there is no such folder in House",
      ])
  }

  @Test func `an import that the manifest does not name is found`() {
    let manifest = Manifest(
      """
      targets: [
        .target(name: "Cellar", swiftSettings: settings),
        .target(
          name: "Roof", dependencies: ["Cellar", logging], swiftSettings: settings),
        .target(name: "Wall", dependencies: [logging]),
      ]
      """)
    #expect(manifest.strangers(in: "import Cellar\nimport Logging\n@testable import Wall", of: "Roof") == ["Wall"])
    #expect(manifest.strangers(in: "public import struct Cellar.Shelf\nlet roof = Roof()", of: "Wall") == ["Cellar"])
  }
}
