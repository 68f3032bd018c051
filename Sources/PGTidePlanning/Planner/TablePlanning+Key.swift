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
    guard let index = candidates.first(where: { obstacle($0) == nil }) ?? candidates.first else {
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
      if index.isNullsEqual {
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
  package mutating func keyPlan(_ index: UniqueIndex, columns: [ColumnPlan]) -> KeyPlan? {
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
    return KeyPlan(columns: index.columns.compactMap { byName[$0] }, equality: index.equality, index: index.name)
  }
}
