/// Puts variables of the environment into connection strings, so that no secret needs to stand in the file.
enum EnvironmentExpansion {
  /// What keeps a text from being expanded.
  enum Failure: Error, Equatable {
    case undefined(String)
    case notClosed
    /// What stands between the braces is no variable's name. It is not told: it may be a default value.
    case notAName
  }

  /// Replaces each `${NAME}` by the variable's value and each `$$` by `$`. Values are taken as they are.
  static func expand(_ text: String, environment: [String: String]) throws(Failure) -> String {
    var expanded = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      expanded += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        expanded += "$"
        rest.removeFirst()
      } else if rest.first == "{" {
        guard let end = rest.firstIndex(of: "}") else { throw .notClosed }
        let name = String(rest[rest.index(after: rest.startIndex)..<end])
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
          throw .notAName
        }
        guard let value = environment[name] else { throw .undefined(name) }
        expanded += value
        rest = rest[rest.index(after: end)...]
      } else {
        expanded += "$"
      }
    }
    return expanded + rest
  }
}
