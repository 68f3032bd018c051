/// Which rows of ours go that the source lacks, worked out by looking at all rows again after each that goes.
///
/// A table is written when those that it refers to have been, and loses the rows to which no row refers at that moment: none that
/// stands there, and none that is written in the same transaction. What is still referred to then goes at the end, once what
/// refers to it has gone or been changed.
extension Model {
  /// What a sync comes to.
  struct Outcome {
    var candidates: [[Candidate]]
    /// Numbers of the target's rows that go, by table number.
    var gone: [Set<Int>]
    /// Those of them that are gone before their table is written.
    var early: [Set<Int>]
  }

  /// Rows of ours with a key that no source row has, as numbers into the target's rows.
  func surplus(_ table: Int, _ candidates: [Candidate]) -> Set<Int> {
    let spec = schema.tables[table]
    let found = Set(candidates.compactMap(\.standing))
    let rows = target.tables[table].rows
    return Set(
      rows.indices.filter { !found.contains($0) && isOurs(rows[$0], spec) && key(of: rows[$0], spec) != nil })
  }

  /// Those of them that are to go, if nothing refers to them.
  func deletable(_ table: Int, _ candidates: [Candidate]) -> Set<Int> {
    let spec = schema.tables[table]
    guard let deletes = spec.deletes else { return [] }
    let scope = deletes.scope.flatMap { spec.live.contains($0) ? spec.columns[$0].name : nil }
    return surplus(table, candidates).filter { row in
      scope.map { target.tables[table].rows[row][$0] != nil } ?? true
    }
  }

  /// What no run may do, however far it comes: rows that are not ours are as before, and only such of ours are gone as are to be
  /// deleted.
  func violations(after: DatabaseState) -> [String] {
    let all = candidates()
    return schema.liveTables.flatMap { table -> [String] in
      let spec = schema.tables[table]
      let left = after.tables[table].rows
      let keys = Set(left.compactMap { key(of: $0, spec) })
      let deletable = deletable(table, all[table])
      return target.tables[table].rows.enumerated().compactMap { number, row in
        if left.contains(row) || deletable.contains(number) { return nil }
        let isStanding = spec.isInRun && isOurs(row, spec) && key(of: row, spec).map(keys.contains) ?? false
        return isStanding ? nil : "\(spec.name): written or gone: \(row.shown)"
      }
    }
  }

  /// With the tables frozen that do not land under these settings. Which these are does not rest on what goes in others.
  func settled(_ settings: RoundSettings) -> Model {
    var settled = self
    let landings = Landing.all(schema, Expectation.all(self), settings)
    settled.frozen = Set(landings.indices.filter { if case .lands = landings[$0] { false } else { true } })
    return settled
  }

  func outcome() -> Outcome {
    var simulation = Simulation(model: self)
    // Tables that refer to each other are written together, and with `--atomic` all are.
    let groups = schema.groups
    for unit in isAtomic ? [groups.flatMap(\.self)] : groups { simulation.land(unit) }
    simulation.clear(schema.runTables)
    return Outcome(candidates: simulation.all, gone: simulation.gone, early: simulation.early)
  }
}

/// The target on its way through a sync.
private struct Simulation {
  let model: Model
  var all: [[Model.Candidate]]
  var gone: [Set<Int>]
  var early: [Set<Int>]
  /// Rows as they stand now, by table number; those of before at their places.
  private var rows: [[DatabaseState.Row]]

  private var schema: RandomSchema { model.schema }

  init(model: Model) {
    self.model = model
    all = model.rowByRow()
    gone = model.schema.tables.map { _ in [] }
    early = gone
    rows = model.target.tables.map(\.rows)
  }

  mutating func land(_ unit: [Int]) {
    let standing = standing
    model.judgeParents(unit, &all) { standing[$0] }
    for table in unit {
      // Rules that only the configuration knows are looked after when all is written.
      let waits =
        unit.count > 1
        && schema.liveTables.contains { child in
          schema.tables[child].liveReferences(schema).contains { $0.kind == .configured && $0.parent == table }
        }
      if !waits {
        let pending = unit.flatMap { child in
          all[child].filter(\.isWritten).map { (child, $0.asRow(schema.tables[child])) }
        }
        _ = delete(table, beside: pending)
        early[table] = gone[table]
      }
      write(table)
    }
    if unit.count > 1 { clear(unit) }
  }

  /// Deletes what is left and referred to no more, until that is nothing.
  mutating func clear(_ tables: [Int]) {
    var hasDeleted = true
    while hasDeleted {
      hasDeleted = false
      for table in tables where delete(table, beside: []) { hasDeleted = true }
    }
  }

  private var standing: [[DatabaseState.Row]] {
    rows.indices.map { table in rows[table].indices.filter { !gone[table].contains($0) }.map { rows[table][$0] } }
  }

  private mutating func write(_ table: Int) {
    if model.frozen.contains(table) { return }
    let spec = schema.tables[table]
    for candidate in all[table] where candidate.isWritten {
      let values = candidate.asRow(spec).values
      if let standing = candidate.standing {
        rows[table][standing].values.merge(values) { _, new in new }
      } else {
        rows[table].append(DatabaseState.Row(values: values))
      }
    }
  }

  /// Deletes the most rows of a table to which no other row refers. Returns whether there were any.
  private mutating func delete(_ table: Int, beside pending: [(Int, DatabaseState.Row)]) -> Bool {
    var going = model.deletable(table, all[table]).subtracting(gone[table])
    guard !going.isEmpty, !model.frozen.contains(table) else { return false }
    while true {
      var wanted: Set<[String]> = []
      for child in schema.liveTables {
        let references = schema.tables[child].liveReferences(schema).filter { $0.parent == table }
        guard !references.isEmpty else { continue }
        let stays = rows[child].indices.filter { row in
          !gone[child].contains(row) && !(child == table && going.contains(row))
        }.map { rows[child][$0] }
        for row in stays + pending.filter({ $0.0 == child }).map(\.1) {
          wanted.formUnion(references.compactMap { model.parentKey(of: row, $0, schema.tables[child]) })
        }
      }
      let spared = going.filter { row in
        model.key(of: rows[table][row], schema.tables[table]).map(wanted.contains) ?? true
      }
      if spared.isEmpty { break }
      going.subtract(spared)
    }
    gone[table].formUnion(going)
    return !going.isEmpty
  }
}

extension Model.Candidate {
  var isWritten: Bool { verdict == .insert || verdict == .update }

  /// What it sets.
  func asRow(_ spec: RandomSchema.Table) -> DatabaseState.Row {
    DatabaseState.Row(
      values: Dictionary(uniqueKeysWithValues: spec.mapped.map { (spec.columns[$0].name, held($0)) }))
  }
}

extension Model {
  /// The key that a row of the target refers to; `nil` if it refers to nothing.
  func parentKey(
    of row: DatabaseState.Row, _ reference: RandomSchema.Reference, _ spec: RandomSchema.Table
  ) -> [String]? {
    let values = reference.columns.compactMap { column in
      row[spec.columns[column].name].map(spec.columns[column].type.identity)
    }
    return values.count == reference.columns.count ? values : nil
  }
}

extension RandomSchema {
  /// The tables of the run, parents first; those that refer to each other in a circle together.
  var groups: [[Int]] {
    func reaches(_ from: Int, _ to: Int) -> Bool {
      var seen: Set<Int> = []
      var open = parents(of: from)
      while let table = open.popLast() {
        if table == to { return true }
        if seen.insert(table).inserted { open += parents(of: table) }
      }
      return false
    }
    var groups: [[Int]] = []
    var left = runTables
    while !left.isEmpty {
      // A table that refers to none that is left, but for those that refer back.
      let next = left.first { table in left.allSatisfy { $0 == table || !reaches(table, $0) || reaches($0, table) } }!
      let group = left.filter { $0 == next || reaches(next, $0) && reaches($0, next) }
      groups.append(group)
      left.removeAll(where: group.contains)
    }
    return groups
  }

  private func parents(of table: Int) -> [Int] {
    tables[table].liveReferences(self).map(\.parent).filter(runTables.contains)
  }
}
