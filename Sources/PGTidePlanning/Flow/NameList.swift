/// Names in the way people list them: `a`, `b` and `c`.
package func list(_ names: [String], _ word: String = "and") -> String {
  let quoted = names.map { "`\($0)`" }
  guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "nothing" }
  return quoted.dropLast().joined(separator: ", ") + " \(word) " + last
}

extension String {
  package var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
