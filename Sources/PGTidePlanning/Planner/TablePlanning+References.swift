import PostgresValues

extension TablePlanning {
  /// The target's own foreign keys, and the rules that only the configuration knows.
  package mutating func referencePlans(_ facts: TableFacts, columns: [ColumnPlan]) -> [ReferencePlan] {
    let ignored = table.ignoredReferences.identifiers
    for name in ignored where !facts.foreignKeys.contains(where: { $0.names.contains(name) }) {
      refuse(
        "it has no foreign key \(name) to ignore",
        NearestName.advice(for: name, among: facts.foreignKeys.flatMap(\.names)) ?? "Take it out of `ignore_references`"
      )
    }
    let byName = Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0) })
    let references = foreignKeys(facts, columns: byName) + logicalReferences(columns: byName)
    references.forEach { checkMadeKeys($0) }
    return references
  }

  /// Refuses a value of the source for a key that only the target makes: it would be that of another row there.
  private mutating func checkMadeKeys(_ reference: ReferencePlan) {
    let tables = [reference.parent] + reference.parentKin
    guard let entry = tables.lazy.compactMap(configuration.entry).first,
      let parent = target.catalog.tables[configuration.targetName(entry.target)]
    else { return }
    let made = entry.madeByTarget(parent)
    for (name, column) in zip(reference.parentColumns, reference.columns) {
      guard column.staged != nil, !column.isLookedUpOnTarget, made.contains(name) else { continue }
      refuse(
        "column \(column.name) gets a value from the source, and refers to \(entry.target).\(name), which only the target "
          + "makes (`key: generated`)",
        reference.parent == self.name
          ? "Name it under `skip`"
          : "Look it up: `\(column.name): {lookup: \(entry.target), by: …, take: \(name), from: target}`; or name it under `skip`"
      )
    }
  }

  private mutating func foreignKeys(_ facts: TableFacts, columns: [Identifier: ColumnPlan]) -> [ReferencePlan] {
    facts.foreignKeys.compactMap { key in
      let filled = key.columns.compactMap { columns[$0] }
      // A foreign key over a column that keeps its default is the server's to check.
      guard filled.count == key.columns.count else { return nil }
      checkParent(key)
      if !key.isEnforced {
        notices.append(
          "its foreign key \(key.name) is NOT ENFORCED: rows go in whether or not their parent is there. "
            + "A rule under `references` would look for it")
      }
      return ReferencePlan(
        name: key.name, columns: filled, parent: key.parent, parentColumns: key.parentColumns,
        equality: target.catalog.tables[key.parent]?.collated(key.equality, key.parentColumns) ?? key.equality,
        isMatchFull: key.isMatchFull, isForeignKey: true, isEnforced: key.isValidated,
        isDeferrable: key.isDeferrable, reasonUnchecked: reasonUnchecked(key), otherNames: key.otherNames,
        parentKin: key.parentKin, isParentTable: key.isParentTable)
    }
  }

  /// Why parents are not looked for before the merge. That the server looks for them, if it does, stays as it is.
  package func reasonUnchecked(_ key: ForeignKey) -> String? {
    if key.names.contains(where: table.ignoredReferences.identifiers.contains) { return "as configured" }
    if !key.isEnforced { return "it is NOT ENFORCED" }
    if key.isPeriod { return "it is over a PERIOD, which the server checks" }
    if key.isPartial { return "only some partitions have it, and the server checks their rows" }
    return nil
  }

  private mutating func logicalReferences(columns: [Identifier: ColumnPlan]) -> [ReferencePlan] {
    table.references.compactMap { reference in
      let parent = configuration.targetName(reference.parent)
      let name = Identifier("\(reference.columns.identifiers.joined(separator: ", ")) to \(reference.parent)")
      guard let facts = target.catalog.tables[parent] else {
        refuse("the reference \(name) has no such table on the target", "Correct the name under `references`")
        return nil
      }
      checkParent(facts, name)
      let named = reference.parentColumns.identifiers
      let parentColumns = named.isEmpty ? facts.primaryKey?.columns ?? [] : named
      guard parentColumns.count == reference.columns.count,
        parentColumns.allSatisfy({ facts.column($0) != nil })
      else {
        refuse(
          "the reference \(name) does not match \(reference.parent)'s key (\(parentColumns.joined(separator: ", ")))",
          "Name as many columns under `key` as under `columns`")
        return nil
      }
      let filled = reference.columns.identifiers.compactMap { columns[$0] }
      guard filled.count == reference.columns.count else {
        refuse(
          "the reference \(name) uses a column that gets no value from the source", "Correct it under `references`")
        return nil
      }
      let equality = ReferenceTypes.equality(of: parentColumns, in: facts)
      checkTypes(name, of: filled.map(\.name), to: parentColumns, in: facts, by: equality)
      return ReferencePlan(
        name: name, columns: filled, parent: parent, parentColumns: parentColumns,
        equality: facts.collated(equality, parentColumns), isMatchFull: false,
        isForeignKey: false, isEnforced: false, isDeferrable: true,
        reasonUnchecked: nil, isParentTable: facts.kind == .table)
    }
  }

  /// Values of two types are compared only where the target has an operator for both.
  private mutating func checkTypes(
    _ reference: Identifier, of columns: [Identifier], to parentColumns: [Identifier], in parent: TableFacts,
    by equality: [SQL]
  ) {
    guard let facts = target.catalog.tables[name] else { return }
    for (pair, equality) in zip(zip(columns, parentColumns), equality) {
      guard let column = facts.column(pair.0)?.type, let referenced = parent.column(pair.1)?.type,
        case .failure(let error)? = target.trials[ReferenceTypes.trial(column, referenced, by: equality)]
      else { continue }
      refuse(
        "the reference \(reference) compares \(pair.0) (\(column.label)) with \(pair.1) (\(referenced.label)), and the target "
          + "cannot: \(error.message)",
        "Give both columns the same type on the target, or take the reference out of `references`",
        quoting: error.message)
    }
  }
}
