import Foundation

/// A page of the documentation, with what the tests ask of it.
struct DocumentationPage {
  /// From the root of the package, such as `docs/guides/install.md`.
  let path: String
  let text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

  /// `README.md`, `CONTRIBUTING.md` and every page below `docs`, in alphabetical order.
  static func all() throws -> [DocumentationPage] {
    let found = FileManager.default.enumerator(atPath: root + "/docs")?.compactMap { $0 as? String } ?? []
    let paths = ["README.md", "CONTRIBUTING.md"] + found.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }.sorted()
    return try paths.map { path in
      DocumentationPage(path: path, text: try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8))
    }
  }

  /// The directory of the package.
  static let root = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
}

extension DocumentationPage {
  /// What stands between three backticks.
  struct Block {
    let language: String
    let lines: [String]
  }

  var blocks: [Block] {
    var blocks: [Block] = []
    var open: (language: String, lines: [String])?
    for line in lines {
      if line.hasPrefix("```") {
        if let block = open { blocks.append(Block(language: block.language, lines: block.lines)) }
        open = open == nil ? (String(line.dropFirst(3)), []) : nil
      } else {
        open?.lines.append(String(line))
      }
    }
    return blocks
  }

  /// The lines outside of blocks.
  var prose: [Substring] {
    var isInside = false
    return lines.filter { line in
      if line.hasPrefix("```") {
        isInside.toggle()
        return false
      }
      return !isInside
    }
  }

  /// What `#…` of a link can name, by GitHub's rules: small letters, no punctuation, hyphens for blanks.
  var anchors: Set<String> {
    Set(
      prose.filter { $0.hasPrefix("#") }.map { heading in
        heading.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
          .filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.replacing(" ", with: "-")
      })
  }

  /// The targets of all links to files and anchors of the project.
  var relativeLinks: [String] {
    prose.joined(separator: "\n").matches(of: /\]\(([^)]*)\)/).map { String($0.1) }.filter { !$0.contains("://") }
  }

  /// A path beside this page, from the root of the package.
  func resolved(_ path: String) -> String {
    var parts = self.path.split(separator: "/").dropLast()
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { parts.removeLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }
}
