import PGTide

/// Compares what a sync did with what the model expects. Each difference is a line.
struct Comparison {
  let schema: RandomSchema
  let expected: [Expectation?]
  /// By table number.
  let landings: [Landing]

  /// - Parameter settings: how the sync is run, which may let tables fail.
  init(schema: RandomSchema, expected: [Expectation?], settings: RoundSettings = RoundSettings()) {
    self.schema = schema
    self.expected = expected
    landings = Landing.all(schema, expected, settings)
  }

  // MARK: - Counts

  func differences(_ report: SyncReport) -> [String] {
    var lines: [String] = []
    for table in schema.runTables {
      let name = schema.tables[table].name
      guard let expected = expected[table], let found = report.table(name) else {
        lines.append("\(name): no such table in the report")
        continue
      }
      guard landings[table] == .lands else {
        let status = landings[table] == .fails ? TableReport.Status.failed : .skipped
        // Of a table with which nothing was to be done, that may have been known before its parent failed.
        let isLevel = found.hasLanded && found.counts.written + found.counts.deleted == 0 && status == .skipped
        if found.status != status, !isLevel {
          lines.append("\(name): \(found.status.rawValue), expected \(status.rawValue)")
        }
        continue
      }
      if let error = found.error {
        lines.append("\(name): \(found.status.rawValue): \(error)")
        continue
      }
      let counts = found.counts
      func compare(_ what: String, _ found: Int, _ expected: Int) {
        if found != expected { lines.append("\(name): \(what) \(found), expected \(expected)") }
      }
      compare("read", counts.read, expected.read)
      compare("inserted", counts.inserted, expected.inserted)
      compare("updated", counts.updated, expected.updated)
      compare("unchanged", counts.unchanged, expected.unchanged)
      compare("protected", counts.protected, expected.protected)
      compare("on the target only", counts.targetOnly ?? -1, expected.targetOnly)
      compare("deleted", counts.deleted, expected.deleted)
      compare("kept", counts.kept, expected.kept)
      let reasons = Self.withoutHolders(found.rejectReasons)
      for reason in Set(expected.rejects.keys).union(reasons.keys).sorted() {
        compare("rejected for \(reason)", reasons[reason] ?? 0, expected.rejects[reason] ?? 0)
      }
      let sum = counts.inserted + counts.updated + counts.unchanged + counts.protected + counts.rejected
      if sum != counts.read { lines.append("\(name): \(counts.read) rows were read, \(sum) are accounted for") }
    }
    return lines
  }

  /// - Parameter kept: by table and reason, the rejects of the history.
  func differences(kept: [String: [String: Int]]) -> [String] {
    schema.runTables.filter { landings[$0] == .lands }.compactMap { table in
      let name = schema.tables[table].name
      let (found, expected) = (Self.withoutHolders(kept[name] ?? [:]), expected[table]?.rejects ?? [:])
      return found == expected ? nil : "\(name): kept \(found), expected \(expected)"
    }
  }

  /// Who holds the value for which a row was refused is for the engine to say.
  private static func withoutHolders(_ reasons: [String: Int]) -> [String: Int] {
    let refused = RejectReason.refusedByTarget.words
    return Dictionary(
      reasons.map { ($0.key == RejectReason.heldByStaleRow.words ? refused : $0.key, $0.value) }, uniquingKeysWith: +)
  }

  // MARK: - Rows

  /// - Parameter before: the target as the model saw it; `after`: as the sync left it.
  func differences(before: DatabaseState, after: DatabaseState) -> [String] {
    schema.liveTables.flatMap { table in
      let standing = Expectation(untouched: Array(before.tables[table].rows.indices))
      let expected = landings[table] == .lands ? expected[table] ?? standing : standing
      return differences(table, expected, before.tables[table].rows, after.tables[table].rows)
    }
  }

  /// A row that must not be written is found by its version, which any write changes. The others are found by their key.
  private func differences(
    _ table: Int, _ expected: Expectation, _ before: [DatabaseState.Row], _ after: [DatabaseState.Row]
  ) -> [String] {
    let spec = schema.tables[table]
    var lines: [String] = []
    var left = after
    for number in expected.untouched {
      guard let found = left.firstIndex(of: before[number]) else {
        lines.append("\(spec.name): must stay untouched, but was written or is gone: \(before[number].shown)")
        continue
      }
      left.remove(at: found)
    }
    let writes =
      expected.changed.map { (cells: $0.cells, before: Optional(before[$0.before])) }
      + expected.new.map { (cells: $0, before: nil) }
    for write in writes {
      guard let found = left.firstIndex(where: { isKey(of: $0, write.cells, spec) }) else {
        lines.append("\(spec.name): must be there, but is not: \(write.cells)")
        continue
      }
      let row = left.remove(at: found)
      for (column, cell) in write.cells.sorted(by: { $0.key < $1.key }) where !holds(row, column, cell, write.before) {
        lines.append(
          "\(spec.name): \(column) is \(RandomSchema.literal(row[column])), expected \(cell), in \(row.shown)")
      }
    }
    lines += left.map { "\(spec.name): must not be there: \($0.shown)" }
    return lines
  }

  private func isKey(
    of row: DatabaseState.Row, _ cells: [String: Expectation.Cell], _ spec: RandomSchema.Table
  ) -> Bool {
    spec.key.allSatisfy { number in
      let column = spec.columns[number].name
      return cells[column] == .value(row[column])
    }
  }

  private func holds(
    _ row: DatabaseState.Row, _ column: String, _ cell: Expectation.Cell, _ before: DatabaseState.Row?
  ) -> Bool {
    switch cell {
    case .value(let value): row[column] == value
    case .fresh: row[column] != nil && row[column] != before?[column]
    }
  }

}

extension DatabaseState.Row {
  var shown: String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\(RandomSchema.literal($0.value))" }.joined(separator: " ")
  }
}
