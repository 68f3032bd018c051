import PostgresValues

extension TablePlanning {
  /// The unique index that identifies rows: the one over the configured columns, or the primary key.
  package mutating func findKeyIndex(_ facts: TableFacts) -> UniqueIndex? {
    let key = table.key.identifiers
    if key.isEmpty {
      guard let primary = facts.primaryKey else {
        refuse("it has no primary key", "Name the columns that identify a row under `key`; they need a unique index")
        return nil
      }
      return usable(primary)
    }
    let names = facts.columns.map(\.name)
    for column in key where !names.contains(column) {
      refuse(
        "the target has no key column \(column)",
        NearestName.advice(for: column, among: names) ?? "Correct its name under `key`")
      return nil
    }
    let candidates = facts.uniqueIndexes.filter { Set($0.columns) == Set(key) }
    // One that can be used, if there is one; otherwise the first, to say what is wrong with it.
    let usables = candidates.filter { obstacle($0) == nil }
    let wished = table.nullKey == .equal ? usables.first(where: \.isNullsEqual) : nil
    guard let index = wished ?? usables.first ?? candidates.first else {
      if let index = facts.expressionIndexes.first(where: { Set($0.columns) == Set(key) }) {
        refuse(
          "its key's unique index \(index.name) is on an expression",
          "Make the key unique by an index on the columns themselves")
        return nil
      }
      let columns = key.map(\.quoted).joined(separator: ", ")
      refuse(
        "no unique index on the target covers just its key (\(key.joined(separator: ", ")))",
        "CREATE UNIQUE INDEX ON \(name.quoted) (\(columns))")
      return nil
    }
    return usable(index)
  }

  private mutating func usable(_ index: UniqueIndex) -> UniqueIndex? {
    guard let obstacle = obstacle(index) else {
      if index.isNullsEqual, table.nullKey == .reject {
        notices.append("its key's unique index takes NULL for a value, but rows with NULL in the key are rejected")
      }
      return index
    }
    refuse(
      "its key's unique index \(index.name) \(obstacle)",
      "Make the key unique by an index that is checked at once and covers all rows")
    return nil
  }

  /// Why an index cannot decide between two rows at the moment of the insert.
  private func obstacle(_ index: UniqueIndex) -> String? {
    if !index.isValid { return "is not valid" }
    if index.isPartial { return "is partial" }
    if !index.isImmediate { return "is deferrable" }
    if index.isWithoutOverlaps { return "is WITHOUT OVERLAPS, and so does not tell rows apart by equal keys" }
    if index.hasOtherCollation { return "compares texts by another collation than its column" }
    return nil
  }

  /// The key's columns as the flow fills them.
  package mutating func keyPlan(_ index: UniqueIndex, columns: [ColumnPlan], of facts: TableFacts) -> KeyPlan? {
    let types = Dictionary(facts.columns.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    let byName = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) })
    let missing = index.columns.filter { byName[$0] == nil }
    guard missing.isEmpty else {
      // A column that was refused has been reported already.
      if problems.isEmpty {
        refuse(
          "its key column \(missing.joined(separator: ", ")) gets no value from the source",
          "If only the target has this key, name columns under `key` that identify a row on both ends")
      }
      return nil
    }
    var key = KeyPlan(columns: index.columns.compactMap { byName[$0] }, equality: index.equality, index: index.name)
    key.composites = Set(types.filter { $0.value.kind == .composite || $0.value.kind == .domain }.keys)
    if table.nullKey == .equal { takeNull(&key, index, types) }
    return key
  }

  /// Lets NULL be a value of the key, where the target's index has it so.
  private mutating func takeNull(_ key: inout KeyPlan, _ index: UniqueIndex, _ types: [Identifier: TypeFacts]) {
    let nullable = key.columns.filter { !$0.isNotNull }
    if nullable.isEmpty {
      notices.append("no column of its key may be NULL on the target, so that `null_key: equal` changes nothing")
    } else if !index.isNullsEqual {
      let columns = index.columns.map(\.quoted).joined(separator: ", ")
      refuse(
        "`null_key: equal` takes NULL for a value of its key, and the unique index \(index.name) does not",
        target.catalog.server.version < 150_000
          ? "That takes NULLS NOT DISTINCT, which came with version 15; or let the key's columns be NOT NULL on the target, "
            + "and give them a value by an expression"
          : "CREATE UNIQUE INDEX ON \(name.quoted) (\(columns)) NULLS NOT DISTINCT, and name these columns under `key`")
    } else if let column = nullable.first(where: { types[$0.name]?.element != nil }) {
      refuse(
        "`null_key: equal` takes no arrays, and its key column \(column.name) is one", "Let the column be NOT NULL")
    } else {
      key.takesNull = true
      notices.append("NULL in its key is a value like others: \(nullable.map(\.name).joined(separator: ", "))")
    }
  }
}
