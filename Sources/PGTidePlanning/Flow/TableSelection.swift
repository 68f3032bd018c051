import PostgresValues

/// The tables of a run, as the command line selects them.
public struct TableSelection: Sendable {
  private let include: [String]
  private let exclude: [String]

  /// Patterns of target names, in which `*` stands for any characters and `?` for one. One with a dot is also compared
  /// with `schema.name`.
  ///
  /// - Parameters:
  ///   - include: empty for all tables.
  ///   - exclude: taken away from those.
  public init(include: [String], exclude: [String]) {
    self.include = include
    self.exclude = exclude
  }

  /// The selected tables in the configuration's order.
  ///
  /// - Parameter schema: where tables stand that the configuration names without one.
  ///
  /// Throws: ``TableSelectionError`` when a pattern matches nothing, or nothing is left.
  public func select(
    from tables: [TableConfiguration], in schema: ObjectName
  ) throws(TableSelectionError) -> [TableConfiguration] {
    func matches(_ table: TableConfiguration, _ pattern: String) -> Bool {
      let name = table.target
      // The name of one table as it is written is not that of another in some other schema.
      let written = Identifier(pattern)
      if tables.contains(where: { $0.target.schema == nil && $0.target.name.identifier == written }) {
        return name.schema == nil && name.name.identifier == written
      }
      return Self.matches(name.name.name, pattern)
        || pattern.contains(".") && Self.matches("\(name.schema ?? schema).\(name.name)", pattern)
    }
    for pattern in include + exclude where !tables.contains(where: { matches($0, pattern) }) {
      let names = tables.map(\.target).flatMap { $0.schema == nil ? [$0.name.name] : [$0.name.name, $0.description] }
      let twin = NearestName.twin(of: Identifier(pattern), among: names.map { Identifier($0) })
      throw .noMatch(
        pattern: pattern,
        nearest: twin.map { NearestName.escaped($0.name) } ?? NearestName.nearest(to: pattern, among: names))
    }
    let selected = tables.filter { table in
      (include.isEmpty || include.contains { matches(table, $0) }) && !exclude.contains { matches(table, $0) }
    }
    if selected.isEmpty { throw .nothingLeft }
    return selected
  }

  /// Greedy matching with one point to come back to, so that its time is at most the product of the lengths.
  ///
  /// Character by character as PostgreSQL counts them, so that a letter is not taken for another of its look.
  private static func matches(_ name: String, _ pattern: String) -> Bool {
    let (name, pattern) = (Array(name.unicodeScalars), Array(pattern.unicodeScalars))
    var (n, p) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        n += 1
        p += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (p, n) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
