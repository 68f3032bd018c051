/// Whether a table's rows go in at all.
enum Landing {
  case lands
  /// Its group rejected more rows than the run allows, or would have deleted more rows than a brake allows.
  case fails
  /// A table that it refers to, directly or through others, does not land.
  case isSkipped
}

extension Landing {
  /// - Parameter settings: the round's, with its limit of rejects and whether all tables stand or fall together.
  static func all(_ schema: RandomSchema, _ expected: [Expectation?], _ settings: RoundSettings) -> [Landing] {
    let rejects = expected.map { $0?.rejects.values.reduce(0, +) ?? 0 }
    let limit = settings.maxRejects ?? .max
    let isBraked = expected.map { $0?.isBraked ?? false }
    if settings.isAtomic {
      let all: Landing = rejects.reduce(0, +) > limit || isBraked.contains(true) ? .fails : .lands
      return rejects.map { _ in all }
    }
    let above = schema.tables.indices.map { ancestors($0, schema) }
    // Tables that refer to each other in a circle merge together.
    func isTogether(_ one: Int, _ other: Int) -> Bool {
      one == other || above[one].contains(other) && above[other].contains(one)
    }
    func fails(_ table: Int) -> Bool {
      rejects.indices.contains { (rejects[$0] > limit || isBraked[$0]) && isTogether($0, table) }
    }
    return schema.tables.indices.map { table in
      // Parents come first, so that a table behind a failed one is not tried, whatever it would reject.
      if above[table].contains(where: { !isTogether($0, table) && fails($0) }) { return .isSkipped }
      return fails(table) ? .fails : .lands
    }
  }

  /// The tables of the run to which a table refers, directly or through others.
  private static func ancestors(_ table: Int, _ schema: RandomSchema) -> Set<Int> {
    var found: Set<Int> = []
    var open = [table]
    while let next = open.popLast() {
      for parent in schema.tables[next].liveReferences(schema).map(\.parent)
      where schema.runTables.contains(parent) && found.insert(parent).inserted { open.append(parent) }
    }
    return found
  }
}
