import FoundationEssentials

/// The GRANT statements of docs/guides/security.md, section "Rights", as they stand there.
struct DocumentedRights: Sendable {
  let source: [String]
  /// Where somebody else made the schema `pgtide`.
  let target: [String]
  /// In addition, where pgtide makes it.
  let creating: [String]

  /// Reads the file beside the sources of this test.
  static func read() throws -> DocumentedRights {
    let file = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(file)/docs/guides/security.md", encoding: .utf8)
    let section = text.split(separator: "\n## Rights\n").last?.split(separator: "\n## ").first ?? ""
    let blocks = section.split(separator: "\n```sql\n").dropFirst()
      .map { $0.split(separator: "\n```", maxSplits: 1)[0].split(separator: "\n") }
      .map { $0.map { line in String(line.prefix { $0 != ";" }) } }
      .filter { $0.allSatisfy { $0.hasPrefix("GRANT ") } }
    guard blocks.count == 3 else { throw Unexpected(blocks: blocks) }
    return DocumentedRights(source: blocks[0], target: blocks[1], creating: blocks[2])
  }

  struct Unexpected: Error { var blocks: [[String]] }

  /// Each right by itself: `GRANT SELECT, INSERT ON x TO y` grants two.
  static func single(_ statements: [String]) -> [String] {
    statements.flatMap { statement in
      let words = statement.dropFirst("GRANT ".count)
      guard let on = words.firstRange(of: " ON ") else { return [statement] }
      return words[..<on.lowerBound].split(separator: ", ").map { "GRANT \($0)\(words[on.lowerBound...])" }
    }
  }
}
