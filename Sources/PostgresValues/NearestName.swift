/// Finds the name that somebody probably meant.
package enum NearestName {
  /// `Did you mean …?`, when one of `names` is close enough to `name` to be worth asking.
  package static func advice(for name: Identifier, among names: some Sequence<Identifier>) -> String? {
    if let twin = twin(of: name, among: names) { return "\(remark(name, twin)); write it as there" }
    return nearest(to: name.name, among: names.lazy.map(\.name)).map { "Did you mean \($0)?" }
  }

  /// The closest of `names`, if no more than a third of the letters differ.
  package static func nearest(to name: String, among names: some Sequence<String>) -> String? {
    let limit = max(1, name.count / 3)
    let close = names.lazy.filter { abs($0.count - name.count) <= limit }.map {
      (name: $0, distance: distance(name.lowercased(), $0.lowercased()))
    }
    .filter { $0.distance <= limit }
    return close.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
  }

  /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
  package static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left), Array(right))
    var rows = [Array(0...right.count)]
    for (i, letter) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }

  // MARK: - Names that look the same

  /// The name among `names` that looks like `name` and is another one: é as one character, or as e and an accent.
  package static func twin(of name: Identifier, among names: some Sequence<Identifier>) -> Identifier? {
    // As strings, which Swift compares by canonical equivalence.
    names.first { $0 != name && $0.name == name.name }
  }

  /// What to say of a name and its twin, both of which would look alike.
  package static func remark(_ name: Identifier, _ twin: Identifier) -> String {
    "a name of this look is there, written with other characters: \(escaped(twin.name)), not \(escaped(name.name))"
  }

  /// The text in double quotes with its characters told apart, as YAML reads it.
  package static func escaped(_ name: String) -> String {
    let text = name.unicodeScalars.map { scalar in
      switch scalar {
      case "\"", "\\": "\\\(scalar)"
      case _ where scalar.isASCII: "\(scalar)"
      case _ where scalar.value <= 0xffff: "\\u" + hex(scalar, digits: 4)
      default: "\\U" + hex(scalar, digits: 8)
      }
    }
    return "\"\(text.joined())\""
  }

  private static func hex(_ scalar: Unicode.Scalar, digits: Int) -> String {
    let text = String(scalar.value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
