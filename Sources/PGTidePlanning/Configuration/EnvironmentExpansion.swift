/// Puts variables of the environment into connection strings, so that no secret needs to stand in the file.
package enum EnvironmentExpansion {
  /// What keeps a text from being expanded: everything that is wrong with it, in its order.
  package struct Failure: Error, Equatable {
    package var problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }
  }

  package enum Problem: Hashable {
    case undefined(String)
    /// What stands between the braces is no variable's name. It is not told: it may be a default value.
    case notAName
    case notClosed
  }

  /// Replaces each `${NAME}` by the variable's value and each `$$` by `$`. Values are taken as they are.
  package static func expand(_ text: String, environment: [String: String]) throws(Failure) -> String {
    var expanded = ""
    var problems: [Problem] = []
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      expanded += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      guard let next = rest.first, next == "$" || next == "{" else {
        expanded += "$"
        continue
      }
      rest.removeFirst()
      if next == "$" {
        expanded += "$"
        continue
      }
      guard let end = rest.firstIndex(of: "}") else {
        problems.append(.notClosed)
        break
      }
      let name = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      if !isName(name) {
        problems.append(.notAName)
      } else if let value = environment[name] {
        expanded += value
      } else {
        problems.append(.undefined(name))
      }
    }
    guard problems.isEmpty else { throw Failure(problems: problems) }
    return expanded + rest
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
  }
}
