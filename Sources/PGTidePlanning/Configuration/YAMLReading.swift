import PostgresValues
import Yams

/// Names in the way people list them: `a`, `b` and `c`.
package func list(_ names: [String]) -> String {
  let quoted = names.map { "`\($0)`" }
  guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
  return quoted.dropLast().joined(separator: ", ") + " and " + last
}

extension String {
  package var isBlank: Bool { allSatisfy(\.isWhitespace) }

  /// The text in one line: a name may hold a line's end or a terminal's commands, which a message must not.
  package var withVisibleControls: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.reduce(into: "") { $0 += $1.isControl ? $1.escaped(asASCII: true) : String($1) }
  }
}

extension Node {
  /// A scalar's own text: a table may be called `yes` or `123`.
  package var text: String? { scalar?.string }

  /// No value at all: `key:` or an explicit null.
  package var isEmpty: Bool {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  package var kind: String {
    switch self {
    case .scalar(let scalar): isEmpty ? "nothing" : scalar.string.isBlank ? "an empty text" : "a text"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  /// What stands there, for a message about a value that holds no secret.
  package var found: String { text.map { "`\($0)`" } ?? kind }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool {
    [.control, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
  }
}
