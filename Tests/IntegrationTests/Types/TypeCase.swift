import Testing

/// A column type, with values that are easy to get wrong.
struct TypeCase: Sendable {
  /// As a column definition names it, on both sides.
  var type: String
  /// SQL. No two of them look alike, though some are equal.
  var values: [String]
  /// Its binary form means the same on both servers, so that it can be compared byte by byte.
  var isPortable = true

  init(_ type: String, _ values: [String], isPortable: Bool = true) {
    self.type = type
    self.values = values
    self.isPortable = isPortable
  }

  /// Values written as quoted constants.
  static func texts(_ type: String, _ values: String..., isPortable: Bool = true) -> TypeCase {
    TypeCase(type, values.map { "'\($0.replacing("'", with: "''"))'" }, isPortable: isPortable)
  }
}

/// Types that are tried in one run, a table each.
struct TypeFamily: Sendable, CustomTestStringConvertible {
  var name: String
  /// Definitions that both sides need.
  var setUp = ""
  /// Run on the target before `setUp`, so that its types get other OIDs than the source's.
  var targetFirst = ""
  var needs: [Need] = []
  var cases: [TypeCase]

  var testDescription: String { name }

  static let all = [
    numbers, scales, texts, times, documents, xml, multiranges, arrays, addresses, objects, own, extensions,
  ]

  var source: String {
    setUp + ";"
      + cases.enumerated().map { number, value in
        let rows = value.values.enumerated().map { "(\($0 + 1), (\($1))::\(value.type))" }
        return """
          CREATE TABLE t\(number) (id int, v \(value.type));
          INSERT INTO t\(number) VALUES (0, NULL), \(rows.joined(separator: ", "));
          """
      }.joined(separator: "\n")
  }

  var target: String {
    "\(targetFirst); \(setUp);"
      + cases.enumerated().map { number, value in
        "CREATE TABLE t\(number) (id int PRIMARY KEY, v \(value.type), source text);"
      }.joined(separator: "\n")
  }

  /// Puts each value into the place of another one.
  var edit: String {
    cases.enumerated().map { number, value in
      """
      UPDATE t\(number) t SET v = other.v FROM t\(number) other
      WHERE t.id > 0 AND other.id = t.id % \(value.values.count) + 1;
      """
    }.joined(separator: "\n")
  }
}
