/// What a sync must do, worked out slowly and obviously from the rows of both ends before it: every staged row is looked
/// at by itself, in the order of the documented reasons. It shares nothing with the engine.
struct Model {
  let schema: RandomSchema
  let source: DatabaseState
  let target: DatabaseState
  /// Keys of rows that the target refused, by table number; what the engine says of it.
  var refused: [Set<[String]>] = []
  /// All tables are written in one transaction.
  var isAtomic = false
  /// Tables that do not land: nothing of them is written or deleted.
  var frozen: Set<Int> = []
  /// Rows of the source in the last run in which a table landed, by table number.
  var past: [Int: Int] = [:]

  enum Verdict: Hashable, CustomStringConvertible {
    case duplicateKey, missingLookup, ambiguousLookup, nullKey, nullValue, doesNotFit, missingParent, refused
    case insert, protected, unchanged, update

    /// The reason, as the report names it; `nil`: the row is not rejected.
    var reason: String? {
      switch self {
      case .duplicateKey: "duplicate key"
      case .missingLookup: "lookup without a row"
      case .ambiguousLookup: "ambiguous lookup"
      case .nullKey: "NULL in the key"
      case .nullValue: "NULL in a NOT NULL column"
      case .doesNotFit: "does not fit"
      case .missingParent: "missing parent"
      case .refused: "refused by the target"
      case .insert, .protected, .unchanged, .update: nil
      }
    }

    var description: String {
      switch self {
      case .insert: "insert"
      case .protected: "protected"
      case .unchanged: "unchanged"
      case .update: "update"
      default: reason ?? ""
      }
    }
  }

  /// A source row on its way.
  struct Candidate {
    var row: DatabaseState.Row
    /// By column number.
    var cells: [Int: Arrival]
    var verdict = Verdict.insert
    /// The target's row of the same key, as a number into its rows.
    var standing: Int?

    func held(_ column: Int) -> String? { if case .held(let value) = cells[column] { value } else { nil } }
    func isNull(_ column: Int) -> Bool { cells[column] == .held(nil) }
  }

  /// What becomes of a source's value in a column of the target.
  enum Arrival: Equatable {
    case held(String?)
    case doesNotFit
    /// A lookup finds no row, or several that say different things.
    case missing, ambiguous
  }

  /// By table number; empty for tables that are not in the run. Nothing is deleted.
  func candidates() -> [[Candidate]] {
    var all = rowByRow()
    judgeParents(schema.runTables, &all) { target.tables[$0].rows }
    return all
  }

  /// Each row by itself, without a look at its parents.
  func rowByRow() -> [[Candidate]] {
    schema.tables.indices.map { schema.runTables.contains($0) ? candidates($0) : [] }
  }

  /// Rejects rows of `tables` without a parent. A rejected row may be another's parent: again until nothing changes.
  ///
  /// - Parameter standing: the target's rows of a table at that time.
  func judgeParents(_ tables: [Int], _ all: inout [[Candidate]], standing: (Int) -> [DatabaseState.Row]) {
    let keys = schema.tables.indices.map { table in
      schema.liveTables.contains(table) ? Set(standing(table).compactMap { key(of: $0, schema.tables[table]) }) : []
    }
    var changed = true
    while changed {
      changed = false
      for table in tables {
        for number in all[table].indices where lacksParent(all[table][number], table, all, keys) {
          all[table][number].verdict = .missingParent
          changed = true
        }
      }
    }
  }

  // MARK: - One row by itself

  private func candidates(_ table: Int) -> [Candidate] {
    let spec = schema.tables[table]
    let rows = source.tables[table].rows.filter { !spec.isFiltered || $0[RandomSchema.filterColumn] == "t" }
    var candidates = rows.map { row in
      Candidate(
        row: row,
        cells: Dictionary(uniqueKeysWithValues: spec.mapped.map { ($0, arrival(row, spec.columns[$0], table)) }))
    }
    let losers = duplicates(candidates, spec)
    for number in candidates.indices {
      candidates[number].standing = standing(candidates[number], table)
      candidates[number].verdict = verdict(candidates[number], table, isDuplicate: losers.contains(number))
    }
    return candidates
  }

  private func arrival(_ row: DatabaseState.Row, _ column: RandomSchema.Column, _ table: Int) -> Arrival {
    if case .looked(let isNull) = column.role { return looked(row, column, table, nullIfMissing: isNull) }
    if case .constant(let value) = column.role { return .held(value) }
    guard let value = row[column.sourceName] else { return .held(nil) }
    if case .cut(let length) = column.role { return .held(Characters.prefix(value, length)) }
    return column.type.held(value).map { .held($0) } ?? .doesNotFit
  }

  private func looked(
    _ row: DatabaseState.Row, _ column: RandomSchema.Column, _ table: Int, nullIfMissing: Bool
  ) -> Arrival {
    guard let number = row[RandomSchema.lookupNumber] else { return .held(nil) }
    let found = Set((source.lookups[table] ?? []).filter { $0.number == number }.map(\.value))
    if found.isEmpty { return nullIfMissing ? .held(nil) : .missing }
    guard found.count == 1 else { return .ambiguous }
    guard let value = found.first ?? nil else { return .held(nil) }
    return column.type.held(value).map { .held($0) } ?? .doesNotFit
  }

  /// Numbers of the rows that share their key with another one and do not go in.
  private func duplicates(_ candidates: [Candidate], _ spec: RandomSchema.Table) -> Set<Int> {
    var byKey: [[String]: [Int]] = [:]
    for (number, candidate) in candidates.enumerated() {
      if let key = key(of: candidate, spec.key, spec) { byKey[key, default: []].append(number) }
    }
    var losers: Set<Int> = []
    for rows in byKey.values where rows.count > 1 {
      losers.formUnion(rows)
      // NULL stands behind all numbers, whichever way they are ordered.
      let ordered = rows.compactMap { row in
        candidates[row].row[RandomSchema.orderColumn].flatMap(Int.init).map { (row, $0) }
      }
      switch spec.duplicates {
      case .error: break
      case .first: losers.remove(ordered.min { $0.1 < $1.1 }?.0 ?? rows[0])
      case .last: losers.remove(ordered.max { $0.1 < $1.1 }?.0 ?? rows[0])
      }
    }
    return losers
  }

  /// The key as a value to compare; `nil` when a part is NULL or does not fit.
  func key(of candidate: Candidate, _ columns: [Int], _ spec: RandomSchema.Table) -> [String]? {
    let values = columns.compactMap { column in candidate.held(column).map(spec.columns[column].type.identity) }
    return values.count == columns.count ? values : nil
  }

  func key(of row: DatabaseState.Row, _ spec: RandomSchema.Table) -> [String]? {
    let values = spec.key.compactMap { column in row[spec.columns[column].name].map(spec.columns[column].type.identity)
    }
    return values.count == spec.key.count ? values : nil
  }

  private func standing(_ candidate: Candidate, _ table: Int) -> Int? {
    let spec = schema.tables[table]
    guard let wanted = key(of: candidate, spec.key, spec) else { return nil }
    return target.tables[table].rows.firstIndex { key(of: $0, spec) == wanted }
  }

  /// The first that fits. Parents are looked for later.
  private func verdict(_ candidate: Candidate, _ table: Int, isDuplicate: Bool) -> Verdict {
    let spec = schema.tables[table]
    if isDuplicate { return .duplicateKey }
    if candidate.cells.values.contains(.missing) { return .missingLookup }
    if candidate.cells.values.contains(.ambiguous) { return .ambiguousLookup }
    if spec.key.contains(where: candidate.isNull) { return .nullKey }
    if spec.mapped.contains(where: { spec.columns[$0].isNotNull && candidate.isNull($0) }) { return .nullValue }
    if candidate.cells.values.contains(.doesNotFit) { return .doesNotFit }
    guard let standing = candidate.standing else { return isRefused(candidate, table) ? .refused : .insert }
    let row = target.tables[table].rows[standing]
    if !isOurs(row, spec) { return .protected }
    if spec.mapped.allSatisfy({ candidate.held($0) == row[spec.columns[$0].name] }) { return .unchanged }
    return isRefused(candidate, table) ? .refused : .update
  }

  private func isRefused(_ candidate: Candidate, _ table: Int) -> Bool {
    guard refused.indices.contains(table), let key = key(of: candidate, schema.tables[table].key, schema.tables[table])
    else { return false }
    return refused[table].contains(key)
  }

  func isOurs(_ row: DatabaseState.Row, _ spec: RandomSchema.Table) -> Bool {
    guard let marker = spec.marker, let shown = row[marker.column] else { return true }
    return shown == marker.oursShown
  }

  // MARK: - Parents

  private func lacksParent(
    _ candidate: Candidate, _ table: Int, _ all: [[Candidate]], _ keys: [Set<[String]>]
  ) -> Bool {
    guard candidate.verdict.reason == nil else { return false }
    let spec = schema.tables[table]
    return spec.liveReferences(schema).contains { reference in
      // A row that stands there unchanged satisfies a foreign key that all rows satisfy.
      if candidate.verdict == .unchanged && reference.kind == .foreignKey { return false }
      let values = reference.columns.map { candidate.held($0) }
      if values.allSatisfy({ $0 == nil }) { return false }
      let isMatchFull = reference.isMatchFull && reference.kind != .configured
      if values.contains(nil) { return isMatchFull }
      let wanted = zip(reference.columns, values).compactMap { column, value in
        value.map(spec.columns[column].type.identity)
      }
      let parent = schema.tables[reference.parent]
      return !keys[reference.parent].contains(wanted)
        && !all[reference.parent].contains { $0.verdict == .insert && key(of: $0, parent.key, parent) == wanted }
    }
  }
}
