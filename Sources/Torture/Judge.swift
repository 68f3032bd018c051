/// Compares what stands on the target with what may stand there. Pure, so that it can be shown to find what it looks for.
struct Judge: Sendable {
  /// The office's rows as the target was level with them before the round, and as they are now.
  let before: SuiteRows
  let now: SuiteRows
  /// As they were when the round began.
  let round: SuiteRows
  let ledger: AppLedger
  /// Tables that land together or not at all.
  var groups: [[String]]

  init(
    before: SuiteRows, now: SuiteRows, round: SuiteRows? = nil, ledger: AppLedger,
    groups: [[String]] = SuiteTable.groups
  ) {
    self.before = before
    self.now = now
    self.round = round ?? before
    self.ledger = ledger
    self.groups = groups
  }

  /// How a table stands after a fault, by the office's rows that changed in the round.
  enum Standing: String, Sendable {
    case before, merged
    /// Nothing of it changed in the round.
    case same
  }

  /// Everything that must hold after a fault: each violation in words.
  func violations(after fault: TargetState, reported: [String: String]) -> [String] {
    var violations = appViolations(fault) + fault.doubled
    var standings: [String: Standing] = [:]
    for group in groups {
      let (standing, wrong) = standing(of: group, in: fault)
      violations += wrong
      for name in group { standings[name] = standing }
    }
    violations += SuiteTable.all.flatMap { deletions(of: $0, in: fault) }
    for (who, words) in [
      ("the report", reported), ("pgtide.run_tables", fault.history), ("the status table", fault.status),
    ] {
      for (name, word) in words.sorted(by: { $0.key < $1.key }) {
        // What was left to be deleted at the end may have failed, after all else of the table has landed.
        let hasRest = (fault.rows[name] ?? [:]).contains { $0.value.marker == "D" && now[name]?[$0.key] == nil }
        if let wrong = contradiction(word, standings[name], hasRest: hasRest) {
          violations.append("\(who) says \(word) of \(name): \(wrong)")
        }
      }
    }
    return violations
  }

  /// Everything that must hold after a run without a fault.
  func violations(afterRecovery state: TargetState) -> [String] {
    var violations = appViolations(state) + state.doubled
    for table in SuiteTable.all {
      let rows = state.rows[table.name] ?? [:]
      var wrong: [String] = []
      for (key, row) in now[table.name] ?? [:] where !ledger.owns(table.name, key) {
        if rows[key] != TargetState.Row(row: row, marker: "D") {
          wrong.append("\(key) is \(rows[key].map { "\($0)" } ?? "missing") instead of \(row)")
        }
      }
      violations += summary(wrong, "does not converge", table.name)
      // Whatever the office lacks is gone, but for what is told to stay.
      let listed = state.staying[table.name] ?? []
      violations += strangers(in: table, rows.filter { !listed.contains($0.key) })
      violations += deletions(of: table, in: state)
    }
    return violations
  }

  // MARK: - Deleted rows

  /// What has gone since the round began was to go, and was kept once, as it was; what was kept has gone.
  ///
  /// The app may have made, taken or given back what it has touched.
  private func deletions(of table: SuiteTable, in state: TargetState) -> [String] {
    // A row that changes there goes, and comes as another one.
    if table.way == .withoutKey { return [] }
    let (old, new) = (round[table.name] ?? [:], now[table.name] ?? [:])
    let rows = state.rows[table.name] ?? [:]
    let deleted = state.deleted[table.name] ?? [:]
    let wanted = deleted.keys.filter { new[$0] != nil && !ledger.hasTouched(table.name, $0) }
    var wrong = wanted.map { "\($0), which the office has" }
    for (key, row) in old where new[key] == nil && !ledger.hasTouched(table.name, key) {
      let kept = deleted[key] ?? []
      if rows[key] == nil, kept != [row] { wrong.append("\(key) is gone, and was kept as \(kept) instead of \(row)") }
      if rows[key] != nil, !kept.isEmpty { wrong.append("\(key) is there, and was kept as \(kept)") }
    }
    return summary(wrong, "rows wrongly deleted or kept", table.name)
  }

  // MARK: - The app's rows

  private func appViolations(_ state: TargetState) -> [String] {
    SuiteTable.all.flatMap { table -> [String] in
      let rows = state.rows[table.name] ?? [:]
      let owned = ledger.owned[table.name] ?? [:]
      let changed = owned.filter { rows[$0.key] != TargetState.Row(row: $0.value, marker: "M") }.map { key, row in
        "\(key) is \(rows[key].map { "\($0)" } ?? "missing") instead of \(row)"
      }
      let unknown = rows.filter { $0.value.marker != "D" && owned[$0.key] == nil }.map { "\($0.key) is \($0.value)" }
      return summary(changed, "app rows changed", table.name)
        + summary(unknown, "app rows that the app never wrote", table.name)
    }
  }

  /// Rows of the office that the office has not.
  private func strangers(in table: SuiteTable, _ rows: [Int: TargetState.Row]) -> [String] {
    let strange = rows.filter { $0.value.marker == "D" && now[table.name]?[$0.key] == nil }
    return summary(strange.map { "\($0.key) is \($0.value)" }, "rows that nobody made", table.name)
  }

  // MARK: - The office's rows

  private func standing(of group: [String], in state: TargetState) -> (Standing, [String]) {
    var merged: [String] = []
    var unmerged: [String] = []
    var violations: [String] = []
    for name in group {
      let (old, new, rows) = (before[name] ?? [:], now[name] ?? [:], state.rows[name] ?? [:])
      var wrong: [String] = []
      for (key, row) in new where !ledger.hasTouched(name, key) {
        let stands = rows[key]
        if let stands, stands.marker != "D" {
          wrong.append("\(key) is \(stands)")
        } else if stands?.row == row {
          if old[key] != row { merged.append("\(name) \(key)") }
        } else if stands?.row == old[key] {
          unmerged.append("\(name) \(key)")
        } else {
          wrong.append("\(key) is \(stands.map { "\($0)" } ?? "missing"), neither \(row) nor as before")
        }
      }
      violations += summary(wrong, "rows that are neither old nor new", name)
      for (key, row) in old where new[key] == nil && rows[key] == nil && !ledger.hasTouched(name, key) {
        merged.append("\(name) \(key), gone: \(row)")
      }
      // What is to be deleted may still be there.
      let listed = state.staying[name] ?? []
      let strange = rows.filter {
        old[$0.key] == nil && !listed.contains($0.key) && !ledger.hasTouched(name, $0.key)
      }
      for table in SuiteTable.all where table.name == name { violations += strangers(in: table, strange) }
    }
    if !merged.isEmpty, !unmerged.isEmpty {
      violations.append(
        "half a merge of \(group.joined(separator: " and ")): \(merged.count) rows new (\(merged[0])), "
          + "\(unmerged.count) rows old (\(unmerged[0]))")
    }
    return (merged.isEmpty ? unmerged.isEmpty ? .same : .before : .merged, violations)
  }

  /// What is wrong with a word about a table that stands so; `nil` if it is true.
  private func contradiction(_ word: String, _ standing: Standing?, hasRest: Bool) -> String? {
    switch (word, standing) {
    // Landed, and what was to be deleted behind the others was not.
    case ("partial", _) where hasRest, ("failed", .merged) where hasRest, ("stopped", .merged) where hasRest: nil
    case ("success", .before): "it is as before"
    case ("failed", .merged), ("skipped", .merged), ("stopped", .merged): "it is merged"
    case ("success", _), ("failed", _), ("skipped", _), ("stopped", _): nil
    case ("partial", _): "no row of it can be a reject"
    default: "that is no known word"
    }
  }

  private func summary(_ rows: [String], _ what: String, _ table: String) -> [String] {
    rows.isEmpty ? [] : ["\(table): \(rows.count) \(what): " + rows.sorted().prefix(3).joined(separator: "; ")]
  }
}
