import PostgresValues

extension TablePlanning {
  /// The target columns that the flow fills, in the target's order.
  ///
  /// A column gets what the configuration says of it, else the source column of its name, else it is left to its
  /// default. `ownedByPgtide`: the marker and the stamps.
  package mutating func columnPlans(
    _ facts: TableFacts, from sourceColumns: [ColumnFacts], key: [Identifier], madeByTarget made: Set<Identifier> = [],
    ownedByPgtide owned: Set<Identifier>
  ) -> [ColumnPlan] {
    checkNames(facts, sourceColumns: sourceColumns, owned: owned)
    let mappings = Dictionary(
      table.columns.map { ($0.column.identifier, $0.value) }, uniquingKeysWith: { first, _ in first })
    let skipped = Set(table.skip.identifiers)
    var plans: [ColumnPlan] = []
    var used: Set<Identifier> = []
    for column in facts.columns where !owned.contains(column.name) {
      let name = column.name
      if skipped.contains(name) || made.contains(name) {
        checkDefault(column, because: "it is skipped", key: key)
        continue
      }
      if column.isUnlinkedByUpdates {
        used.insert(name)
        leaveOutLargeObjects(column, isMapped: mappings[name] != nil, key: key)
        continue
      }
      if let mapping = mappings[name] {
        if column.isGenerated {
          refuse("column \(name) is computed by the target itself", "Take it out of `columns`")
          continue
        }
        if case .renamed(let from) = mapping { used.insert(from.identifier) }
        if let plan = mapped(column, mapping, sourceColumns, key: key) { plans.append(plan) }
      } else if let from = sourceColumns.first(where: { $0.name == column.name }) {
        used.insert(name)
        if column.isGenerated { continue }
        if let plan = copied(column, from: from, key: key) { plans.append(plan) }
      } else {
        let twin = NearestName.twin(of: column.name, among: sourceColumns.map(\.name))
        let look = twin.map { " (\(NearestName.remark(column.name, $0)))" } ?? ""
        checkDefault(column, because: "the source has no column of this name\(look)", key: key)
      }
    }
    checkReadable()
    // A column of the target's that gets something else has been spoken of under `columns`.
    let leftOut = sourceColumns.map(\.name).filter {
      !used.contains($0) && !skipped.contains($0) && !owned.contains($0) && facts.column($0) == nil
    }
    if !leftOut.isEmpty {
      notices.append("not on the target, so not copied: \(leftOut.joined(separator: ", "))")
      let targetNames = facts.columns.map(\.name)
      for name in leftOut {
        if let twin = NearestName.twin(of: name, among: targetNames) {
          notices.append("column \(name) is not on the target, but \(NearestName.remark(name, twin))")
        }
      }
    }
    return plans
  }

  /// Numbers of large objects mean others on the target, which an update would unlink.
  private mutating func leaveOutLargeObjects(_ column: ColumnFacts, isMapped: Bool, key: [Identifier]) {
    if isMapped {
      refuse(
        "column \(column.name) names large objects, and a trigger (lo_manage) on the target unlinks those of the target "
          + "that an update replaces",
        "Take it out of `columns`, or drop the trigger")
    } else {
      checkDefault(column, because: "a trigger, lo_manage, would unlink large objects of the target", key: key)
      notices.append(
        "\(column.name): large objects do not travel, and a trigger (lo_manage) would unlink those of the target, so the "
          + "column is left out")
    }
  }

  private mutating func mapped(
    _ column: ColumnFacts, _ mapping: ColumnMapping.Value, _ sourceColumns: [ColumnFacts], key: [Identifier]
  ) -> ColumnPlan? {
    switch mapping {
    case .renamed(let name):
      let from = name.identifier
      guard let sourceColumn = sourceColumns.first(where: { $0.name == from }) else {
        refuse(
          "the source has no column \(from) for column \(column.name)",
          NearestName.advice(for: from, among: sourceColumns.map(\.name)) ?? "Correct its name under `columns`")
        return nil
      }
      return copied(column, from: sourceColumn, key: key)
    case .expression(let expression):
      // A mistake in the expression is reported where the source's answers are checked.
      guard case .success(let described) = source.described[.expression(table.target, column: column.name)],
        let type = described.first.flatMap({ source.types[$0] })
      else { return nil }
      return staged(column, select: "(\(SQL(users: expression)))", type: type, key: key)
    case .lookup(let lookup) where lookup.end == .target:
      return lookedUpOnTarget(column, key: key)
    case .lookup:
      // A mistake in it has been reported.
      guard let lookup = lookups.first(where: { $0.plan.column == column.name }) else { return nil }
      var plan = staged(
        column, select: lookup.plan.value, type: lookup.type, key: key, taken: (lookup.plan.take, lookup.plan.relation))
      plan?.lookup = lookup.plan
      return plan
    case .constant(let value):
      checkConstant(value, for: column)
      let base: SQL = "\(bind: value)::\(raw: column.type.baseSQL)"
      return ColumnPlan(
        name: column.name, type: SQL(raw: column.type.sql), content: .constant, isNotNull: column.isNotNull,
        isKey: key.contains(column.name), isSet: !keepsStanding && isSet(column, key: key),
        value: "\(base)::\(raw: column.type.sql)", fits: LengthCheck.condition(base, column.type),
        // What the text means must be the same on both ends, whatever their sessions have set.
        digestForm: BuiltinType.readAlike.contains(column.type.baseOID)
          ? DigestForm(column.type, from: column.type) : nil)
    }
  }

  private mutating func copied(_ column: ColumnFacts, from source: ColumnFacts, key: [Identifier]) -> ColumnPlan? {
    if !source.canSelect { unreadable.append(source.name) }
    return staged(column, select: "src.\(source.name)", type: source.type, key: key)
  }

  /// - Parameters:
  ///   - end: where `select` stands, and `type` is a type.
  ///   - taken: what is looked up; `nil`: the value is the source row's.
  package mutating func staged(
    _ column: ColumnFacts, select: SQL, type: TypeFacts, key: [Identifier], end: LookupConfiguration.End = .source,
    taken: (column: Identifier, table: QualifiedName)? = nil
  ) -> ColumnPlan? {
    do {
      var rules = target.casts
      if end == .source {
        rules.strangeInfinities = BuiltinType.strangeInfinities(
          source: source.catalog.server.version, target: target.catalog.server.version)
      }
      let cast = try rules.plan(from: type, selected: select, to: column.type, staged: "s.\(column.name)")
      if column.type.namesLargeObjects {
        notices.append(
          "\(column.name): the numbers of large objects are copied, the large objects themselves do not travel")
      }
      if let notice = cast.notice { notices.append("\(column.name): \(notice)") }
      let content = StagedColumn(
        name: column.name, select: cast.select, type: cast.stageType,
        collation: column.type.baseSQL.isSame(as: cast.stageType.text) ? column.collation : nil, pins: cast.pins,
        // What the stage is sent is of the source's type, of the target's, or a text.
        pinsAsText: TextForm.pins(type) + TextForm.pins(column.type))
      return ColumnPlan(
        name: column.name, type: SQL(raw: column.type.sql), content: .staged(content),
        // Of a key, it is asked whether NULL may stand there.
        isNotNull: column.isNotNull && !(key.contains(column.name) && column.hasUnprovenNotNull),
        isKey: key.contains(column.name), isSet: !keepsStanding && isSet(column, key: key), value: cast.value,
        fits: cast.fits,
        isOfTargetType: column.type.kind != .domain && cast.stageType.text.isSame(as: column.type.baseSQL),
        digestForm: DigestForm(column.type, from: type), isSortedFast: BuiltinType.isSortedFast(column.type.baseOID))
    } catch {
      guard let taken else {
        refuse("column \(column.name): \(error.reason)", error.hint)
        return nil
      }
      refuse(
        "column \(column.name) gets \(taken.table).\(taken.column): \(error.reason)",
        end == .source
          ? "Take another column, or look it up in a view on the source that casts this one"
          : "Take another column of \(taken.table)")
      return nil
    }
  }

  /// Whether updates are left out.
  package var keepsStanding: Bool { (table.updates ?? configuration.updates) == .keep }

  /// A key column is set only if two values that are the same key may still look different, such as citext.
  package func isSet(_ column: ColumnFacts, key: [Identifier]) -> Bool {
    guard key.contains(column.name) else { return true }
    return column.collation != nil
      || !BuiltinType.isImageDecided(column.type.baseOID, modifier: column.type.baseModifier)
  }

  /// A column that nothing fills needs a default, or must allow NULL. Of a key column more is said elsewhere.
  private mutating func checkDefault(_ column: ColumnFacts, because reason: String, key: [Identifier]) {
    guard column.isNotNull, !column.hasDefault, column.identity == .none, !column.isGenerated,
      !key.contains(column.name)
    else { return }
    refuse(
      "column \(column.name) must not be NULL, has no default, and gets no value (\(reason))",
      "Give it a constant or an expression under `columns`, or a default on the target")
  }

  /// Nothing would cross. What the two sides have is said, because usually one of the names is a mistake.
  package mutating func refuseEmpty(_ facts: TableFacts, _ sourceColumns: [ColumnFacts]) {
    guard !sourceColumns.contains(where: { facts.column($0.name) != nil }) || problems.isEmpty else { return }
    func list(_ columns: [ColumnFacts]) -> String {
      let names = columns.prefix(10).map(\.name.name).joined(separator: ", ")
      return columns.isEmpty ? "none" : names + (columns.count > 10 ? " and \(columns.count - 10) more" : "")
    }
    refuse(
      "no column of the source is copied to it: the source has \(list(sourceColumns)); the target has "
        + list(facts.columns),
      "Check the table's name under `from`, or say under `columns` which column gets what")
  }

  /// Names in the configuration that neither side knows.
  private mutating func checkNames(_ facts: TableFacts, sourceColumns: [ColumnFacts], owned: Set<Identifier>) {
    let targetNames = facts.columns.map(\.name)
    for column in table.columns.map(\.column.identifier) {
      if owned.contains(column) {
        refuse(
          "column \(column) is the marker or a stamp, which pgtide sets itself", "Take it out of `columns`")
      } else if !targetNames.contains(column) {
        refuse(
          "the target has no column \(column)",
          NearestName.advice(for: column, among: targetNames) ?? "Correct its name under `columns`")
      }
    }
    let known = targetNames + sourceColumns.map(\.name)
    for name in table.skip.identifiers where !known.contains(name) {
      refuse(
        "neither side has the skipped column \(name)",
        NearestName.advice(for: name, among: known) ?? "Take it out of `skip`")
    }
  }
}
