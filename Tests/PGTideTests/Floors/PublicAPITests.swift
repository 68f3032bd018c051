import Foundation
import Testing

/// What users of the library see.
@Suite struct PublicAPITests {
  private static let sources = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/Sources"

  private static func texts(of target: String) throws -> [String: String] {
    let folder = "\(sources)/\(target)"
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
    return try files.reduce(into: [:]) { texts, file in
      texts["\(target)/\(file)"] = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }
  }

  /// The engine's targets: all of them are one library to a user.
  private static func engine() throws -> [String: String] {
    try FileManager.default.contentsOfDirectory(atPath: sources)
      .filter { $0.hasPrefix("PGTide") && $0 != "PGTideCommand" }
      .reduce(into: [:]) { all, target in all.merge(try texts(of: target)) { first, _ in first } }
  }

  /// The public declarations up to their bodies, each in one line; the cases of a public enumeration are among them.
  private static func publicDeclarations(_ text: String) -> [String] {
    var declarations: [String] = []
    var isOpen = false
    var enumeration: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indent = line.prefix { $0 == " " }
      let code = line.dropFirst(indent.count)
      if code == "}", indent == enumeration { enumeration = nil }
      if code.hasPrefix("public enum ") { enumeration = indent }
      if isOpen {
        // A parameter on a line of its own.
        declarations[declarations.count - 1] += " " + code
        isOpen = !code.hasPrefix(")")
      } else if code.hasPrefix("public ") || (enumeration != nil && code.hasPrefix("case ")) {
        declarations.append(String(code))
        isOpen = code.hasSuffix("(")
      }
    }
    return declarations
  }

  /// What comes before the body.
  private static func signature(_ declaration: String) -> Substring {
    declaration.prefix(upTo: declaration.firstRange(of: " {")?.lowerBound ?? declaration.endIndex)
  }

  /// The types that a target declares for others; those within another type go by its name.
  private static func types(of target: String) throws -> Set<String> {
    let declaration = /^(?:public|package) (?:final )?(?:struct|class|enum|actor|protocol|typealias) ([A-Z]\w*)/
      .anchorsMatchLineEndings()
    return try Set(texts(of: target).values.flatMap { $0.matches(of: declaration).map { String($0.1) } })
  }

  @Test func `no public declaration of the library names a type of a module below it`() throws {
    let inner = Set(
      try ["Postgres", "PostgresValues", "ConnectionStrings", "CopyFormat", "LZ4Frame"].flatMap(Self.types))
    #expect(inner.isSuperset(of: ["Identifier", "QualifiedName", "PostgresError", "StatementTracer", "Connection"]))
    var count = 0
    for (path, text) in try Self.engine() {
      for declaration in Self.publicDeclarations(text) {
        count += 1
        let words = Set(Self.signature(declaration).matches(of: /\w+/).map { String($0.0) })
        #expect(words.isDisjoint(with: inner), "\(path): \(declaration)")
      }
      #expect(!text.contains("@_exported public import struct"), "\(path)")
    }
    #expect(count > 200)
  }

  @Test func `a parameter on a line of its own, and a case, belong to the declaration`() {
    let code = """
      public struct A {
        public init(
          name: Identifier, other: Int
        ) {
          let inner = 1
        }
        package var error: PostgresError?
        public enum Kind {
          case one(Connection)
        }
      }
      """
    let found = Self.publicDeclarations(code).joined(separator: "\n")
    #expect(found.contains("Identifier"))
    #expect(found.contains("case one(Connection)"))
    #expect(!found.contains("PostgresError"))
  }
}
