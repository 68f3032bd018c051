import PGTide

/// What one table must come to.
struct Expectation {
  var read = 0
  var inserted = 0
  var updated = 0
  var unchanged = 0
  var protected = 0
  var rejects: [String: Int] = [:]
  /// Rows of ours that no source row has the key of.
  var targetOnly = 0
  /// Of these, rows that are to go, that go, and that have to stay because of what refers to them.
  var deletable = 0
  var deleted = 0
  var kept = 0
  /// Those that go, and those that stay, as numbers into the target's rows before the sync.
  var gone: [Int] = []
  var staying: [Int] = []
  /// A brake keeps the table from being written.
  var isBraked = false
  /// Of the rejects for a missing parent, protected and unchanged rows whose parent was refused only in the merge. Nothing
  /// is written for them in either case, so they may also be counted as what they were when it began.
  var lateOrphans = (protected: 0, unchanged: 0)
  /// Rows of the target that keep their version, as numbers into its rows before the sync.
  var untouched: [Int] = []
  /// Rows that are written, by their number before the sync.
  var changed: [(before: Int, cells: [String: Cell])] = []
  var new: [[String: Cell]] = []

  /// What stands in a column afterwards.
  enum Cell: Equatable {
    case value(String?)
    /// The time of the merge, or a number out of a sequence: some value that was not there before.
    case fresh
  }
}

extension Expectation {
  /// In the order of the tables; `nil` for those that are not in the run.
  static func all(_ model: Model) -> [Expectation?] {
    let outcome = model.outcome()
    var expected = all(model, outcome)
    let candidates = outcome.candidates
    guard model.refused.contains(where: { !$0.isEmpty }) else { return expected }
    var unrefused = model
    unrefused.refused = []
    for (table, before) in unrefused.outcome().candidates.enumerated() {
      let late = zip(before, candidates[table]).filter { $1.verdict == .missingParent }.map(\.0.verdict)
      expected[table]?.lateOrphans = (late.count { $0 == .protected }, late.count { $0 == .unchanged })
    }
    return expected
  }

  /// What a dry run counts: it cannot know what a row's parents come to, and which rows have to stay.
  static func rehearsal(_ model: Model) -> [Expectation?] {
    let none = model.schema.tables.map { _ in Set<Int>() }
    var all = all(model, Model.Outcome(candidates: model.candidates(), gone: none, early: none))
    for table in model.schema.runTables {
      let deletable = all[table]?.deletable ?? 0
      all[table]?.deleted = deletable
      all[table]?.kept = 0
    }
    return all
  }

  private static func all(_ model: Model, _ outcome: Model.Outcome) -> [Expectation?] {
    model.schema.tables.indices.map { table in
      model.schema.runTables.contains(table)
        ? Expectation(model, table, outcome.candidates[table], gone: outcome.gone[table]) : nil
    }
  }

  /// With the rows that may be counted in two ways counted as the run did.
  func decided(by counts: RowCounts) -> Expectation {
    var decided = self
    let protected = min(max(counts.protected - self.protected, 0), lateOrphans.protected)
    let unchanged = min(max(counts.unchanged - self.unchanged, 0), lateOrphans.unchanged)
    decided.protected += protected
    decided.unchanged += unchanged
    let reason = Model.Verdict.missingParent.reason ?? ""
    let orphans = (rejects[reason] ?? 0) - protected - unchanged
    decided.rejects[reason] = orphans > 0 ? orphans : nil
    return decided
  }

  private init(_ model: Model, _ table: Int, _ candidates: [Model.Candidate], gone going: Set<Int>) {
    let spec = model.schema.tables[table]
    let rows = model.target.tables[table].rows
    var written: Set<Int> = []
    read = candidates.count
    for candidate in candidates {
      switch candidate.verdict {
      case .insert:
        inserted += 1
        new.append(Self.inserted(candidate, spec))
      case .update:
        updated += 1
        guard let number = candidate.standing else { continue }
        written.insert(number)
        changed.append((number, Self.updated(candidate, rows[number], spec)))
      case .unchanged: unchanged += 1
      case .protected: protected += 1
      default: rejects[candidate.verdict.reason ?? "", default: 0] += 1
      }
    }
    targetOnly = model.surplus(table, candidates).count
    let candidatesToGo = model.deletable(table, candidates)
    (deletable, deleted, kept) = (candidatesToGo.count, going.count, candidatesToGo.count - going.count)
    gone = going.sorted()
    staying = candidatesToGo.subtracting(going).sorted()
    isBraked = model.isBraked(table, deletes: deletable, read: read)
    untouched = rows.indices.filter { !written.contains($0) && !going.contains($0) }
  }

  private static func inserted(_ candidate: Model.Candidate, _ spec: RandomSchema.Table) -> [String: Cell] {
    var cells: [String: Cell] = [:]
    for number in spec.live {
      let column = spec.columns[number]
      cells[column.name] =
        spec.mapped.contains(number) ? .value(candidate.held(number)) : .value(column.defaultValue)
    }
    if let marker = spec.marker { cells[marker.column] = .value(marker.oursShown) }
    if spec.hasStamps {
      cells[RandomSchema.stamps.created] = .fresh
      cells[RandomSchema.stamps.updated] = .fresh
    }
    if spec.keyKind == .surrogate || spec.keyKind == .identity { cells[RandomSchema.surrogateColumn] = .fresh }
    return cells
  }

  private static func updated(
    _ candidate: Model.Candidate, _ row: DatabaseState.Row, _ spec: RandomSchema.Table
  ) -> [String: Cell] {
    var cells = row.values.mapValues { Cell.value($0) }
    for number in spec.mapped { cells[spec.columns[number].name] = .value(candidate.held(number)) }
    if spec.hasStamps { cells[RandomSchema.stamps.updated] = .fresh }
    return cells
  }
}
