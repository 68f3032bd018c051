import PostgresValues

/// A lookup on the target as far as it is known before the columns are: nothing is wrong with its names and types.
package struct TargetLookupDraft: Sendable {
  package let number: Int
  package let column: Identifier
  package let facts: TableFacts
  package let matches: [Match]
  package let take: ColumnFacts
  package let missing: LookupConfiguration.MissingRule
  package let kin: [QualifiedName]
  package var translation: LookupTranslation?
  /// What the stage's column gets, once that is planned.
  package var value: (sql: SQL, type: SQL)?

  package struct Match: Sendable {
    package let looked: ColumnFacts
    /// The source row's column.
    package let value: ColumnFacts
    package let equality: SQL
  }

  /// The value that is found, in a statement over the stage.
  fileprivate var found: SQL {
    LookupPlan(
      number: number, column: column, relation: facts.name, kind: facts.kind, matches: [], take: take.name,
      missing: missing, bytes: 0, shape: []
    ).value
  }
}

extension TablePlanning {
  /// Finds the lookups on the target that the configuration has for the table's columns, as far as nothing is wrong with them.
  package mutating func findTargetLookups(_ sourceColumns: [ColumnFacts]) {
    for mapping in table.columns {
      guard case .lookup(let lookup) = mapping.value, lookup.end == .target else { continue }
      let (column, number) = (mapping.column.identifier, targetLookups.count + 1)
      if let draft = targetLookupDraft(lookup, for: column, number: number, sourceColumns) {
        targetLookups.append(draft)
      }
    }
  }

  private mutating func targetLookupDraft(
    _ lookup: LookupConfiguration, for column: Identifier, number: Int, _ sourceColumns: [ColumnFacts]
  ) -> TargetLookupDraft? {
    let relation = configuration.lookupName(lookup)
    guard let facts = target.catalog.tables[relation] else {
      refuse(
        "the target has no table \(relation), in which column \(column) is looked up",
        Self.advice(on: relation, among: target.alternatives) + "Correct its name under `lookup`, or its schema")
      return nil
    }
    guard facts.kind == .table || facts.kind == .partitioned else {
      refuse(
        "column \(column) is looked up in \(relation) on the target, which is not a table, but \(facts.kind.name)",
        "Nothing tells which tables must have landed before it is read: name the table that has the value")
      return nil
    }
    guard relation != name, !facts.kin.contains(name) else {
      refuse(
        "column \(column) is looked up in the table itself, whose rows land all at once",
        "Look the value up on the source, or leave the column to a trigger of the target")
      return nil
    }
    let before = problems.count
    if facts.hidesRows {
      refuse(
        "row-level security on the target would hide rows of \(relation), in which column \(column) is looked up, from "
          + target.catalog.server.user, Self.aboveRowSecurity)
    }
    let take = lookedUpOnTarget(lookup.take.identifier, in: facts, for: column, under: "take")
    refuseKeysOfQuery(lookup, in: facts, for: column)
    let made = lookup.by.filter { isTranslated($0.column.identifier, in: facts) }
    let translation = made.isEmpty ? nil : translation(of: lookup, by: made, in: facts, for: column, sourceColumns)
    let matches = lookup.by.filter { !made.contains($0) }.compactMap {
      targetMatch($0, in: facts, for: column, sourceColumns)
    }
    let looked = matches.map(\.looked) + (translation?.matches.map(\.looked) ?? []) + [take].compactMap(\.self)
    checkReadableOnTarget(looked, of: facts, for: column)
    guard problems.count == before, let take else { return nil }
    noteChildren(of: facts, for: column, on: "target")
    return TargetLookupDraft(
      number: number, column: column, facts: facts, matches: matches, take: take, missing: lookup.missing,
      kin: facts.kin,
      translation: translation)
  }

  private mutating func lookedUpOnTarget(
    _ name: Identifier, in facts: TableFacts, for column: Identifier, under key: String
  ) -> ColumnFacts? {
    if let found = facts.column(name) { return found }
    let use = key == "take" ? "which column \(column) takes" : "by which column \(column) is looked up"
    refuse(
      "\(facts.name) on the target has no column \(name), \(use)",
      NearestName.advice(for: name, among: facts.columns.map(\.name)) ?? "Correct its name under `\(key)`")
    return nil
  }

  private mutating func targetMatch(
    _ match: LookupConfiguration.Match, in facts: TableFacts, for column: Identifier, _ sourceColumns: [ColumnFacts]
  ) -> TargetLookupDraft.Match? {
    let looked = lookedUpOnTarget(match.column.identifier, in: facts, for: column, under: "by")
    guard let value = referring(match.value.identifier, in: sourceColumns, for: column, facts) else { return nil }
    guard let looked else { return nil }
    guard value.type.isPortable, let equality = LookupTypes.equality(looked.type, value.type) else {
      refuse(
        "column \(column) is looked up by \(facts.name).\(looked.name), which is \(looked.type.label), and no equality "
          + "compares it with \(value.name), which is \(value.type.label) on the source",
        "Look it up by columns of one built-in type; a `query`, or a view on the source, can cast one of them")
      return nil
    }
    return TargetLookupDraft.Match(looked: looked, value: value, equality: equality)
  }

  /// Single columns that may be read are enough.
  private mutating func checkReadableOnTarget(_ columns: [ColumnFacts], of facts: TableFacts, for column: Identifier) {
    let refused = Set(columns.filter { !$0.canSelect }.map(\.name)).sorted()
    guard !facts.canSelect, !refused.isEmpty else { return }
    let user = target.catalog.server.user
    refuse(
      "\(user) may not read \(facts.name) on the target, in which column \(column) is looked up: "
        + refused.joined(separator: ", "),
      "GRANT SELECT (\(refused.map(\.quoted).joined(separator: ", "))) ON \(facts.name.quoted) TO \(Identifier(user).quoted)"
    )
  }

  /// The column's plan, with NULL in place of what the source would send.
  package mutating func lookedUpOnTarget(_ column: ColumnFacts, key: [Identifier]) -> ColumnPlan? {
    // A mistake in it has been reported.
    guard let place = targetLookups.firstIndex(where: { $0.column == column.name }) else { return nil }
    let draft = targetLookups[place]
    guard
      var plan = staged(
        column, select: draft.found, type: draft.take.type, key: key, end: .target,
        taken: (draft.take.name, draft.facts.name)),
      let content = plan.staged
    else { return nil }
    targetLookups[place].value = (content.select, content.type)
    var sent = content
    sent.select = "NULL::\(content.type)"
    plan.content = .staged(sent)
    plan.isLookedUpOnTarget = true
    return plan
  }

  /// The plans, and the columns that the stage needs for them beside the target's, with what they hold of the source row.
  ///
  /// - Parameter staged: the columns that travel anyway.
  package func targetLookupPlans(
    staged: [StagedColumn]
  ) -> (plans: [TargetLookupPlan], columns: [StagedColumn], sources: [Identifier: Identifier]) {
    guard !targetLookups.isEmpty else { return ([], [], [:]) }
    var columns: [StagedColumn] = []
    var sources: [Identifier: Identifier] = [:]
    func name(of value: ColumnFacts, select: SQL? = nil) -> Identifier {
      let select: SQL = select ?? "src.\(value.name)"
      let type = SQL(raw: value.type.baseSQL)
      if let known = (staged + columns).first(where: { $0.select.text == select.text && $0.type.text == type.text }) {
        return known.name
      }
      let column = StagedColumn(
        name: StageTable.byColumn(columns.count + 1), select: select, type: type, collation: nil,
        pinsAsText: TextForm.pins(value.type))
      columns.append(column)
      sources[column.name] = value.name
      return column.name
    }
    func plan(
      _ match: TargetLookupDraft.Match, select: SQL? = nil, comparesBytes: Bool = false
    ) -> LookupPlan.Match {
      let staged = name(of: match.value, select: select)
      let isText = BuiltinType.isText(match.looked.type.baseOID)
      let comparesBytes = comparesBytes && isText
      // The looked-up column says which texts are equal, unless rows are paired by their bytes.
      let collation: SQL =
        comparesBytes
        ? "pg_catalog.\"C\"" : match.looked.collation.map { "\($0)" as SQL } ?? "pg_catalog.\"default\""
      return LookupPlan.Match(
        column: match.looked.name, isDecidedByBytes: LookupTypes.isDecidedByBytes(match.looked), from: staged,
        value: isText ? "src.\(staged) COLLATE \(collation)" : "src.\(staged)", equality: match.equality,
        typeWithNull: select.map { _ in LookupTypes.common(match.looked.type, match.value.type) },
        comparesBytes: comparesBytes)
    }
    let plans = targetLookups.compactMap { draft -> TargetLookupPlan? in
      guard let value = draft.value else { return nil }
      var matches = draft.matches.map { plan($0) }
      var condition: Identifier?
      if let translation = draft.translation {
        matches += zip(translation.matches, translation.lookups).map {
          plan($0, select: $1.value, comparesBytes: translation.isPaired)
        }
        // What the row refers to is shown where it is rejected.
        for column in translation.referring { _ = name(of: column) }
        let found = StagedColumn(
          name: StageTable.translatedColumn(draft.number), select: translation.lookups[0].isFound, type: "boolean",
          collation: nil)
        columns.append(found)
        condition = found.name
      }
      let all = draft.matches + (draft.translation?.matches ?? [])
      let used = all.map(\.looked) + [draft.take]
      var lookup = LookupPlan(
        number: draft.number, column: draft.column, relation: draft.facts.name, kind: draft.facts.kind,
        matches: matches, take: draft.take.name, missing: draft.missing, bytes: 0, shape: [])
      lookup.condition = condition
      return TargetLookupPlan(
        lookup: lookup,
        value: value.sql, type: value.type,
        types: Dictionary(used.map { ($0.name, SQL(raw: $0.type.sql)) }, uniquingKeysWith: { first, _ in first }),
        kin: draft.kin, from: all.map(\.value.name), translation: draft.translation?.lookups[0])
    }
    columns.append(
      StagedColumn(
        name: StageTable.targetLookupColumn, select: "NULL::pg_catalog.text", type: "pg_catalog.text", collation: nil))
    return (plans, columns, sources)
  }
}
