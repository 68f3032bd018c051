import PostgresValues

/// Plans one table, and collects everything that is wrong with it.
package struct TablePlanning {
  package let table: TableConfiguration
  package let configuration: SyncConfiguration
  package let source: SourceFacts
  package let target: TargetFacts
  package let name: QualifiedName
  package var problems: [PlanProblem] = []
  /// The table is to be written to, and not only compared.
  package var checksWriting = true
  package var notices: [String] = []
  package var warnings: [String] = []
  /// Columns of the source that are to be copied, and that the session's user may not read.
  package var unreadable: [Identifier] = []
  /// Columns whose values are looked up, with the type of what is taken.
  package var lookups: [(plan: LookupPlan, type: TypeFacts)] = []
  /// Those whose values are looked up on the target.
  package var targetLookups: [TargetLookupDraft] = []

  package init(_ table: TableConfiguration, configuration: SyncConfiguration, source: SourceFacts, target: TargetFacts)
  {
    self.table = table
    self.configuration = configuration
    self.source = source
    self.target = target
    name = configuration.targetName(table.target)
  }

  /// `nil` when something is wrong; `problems` then says what.
  package mutating func plan() -> TablePlan? {
    checkUserSQL()
    guard let facts = findTarget(), let sourceColumns = findSourceColumns(), var sourcePlan = planSource() else {
      return nil
    }
    lookups = lookupPlans(sourceColumns)
    findTargetLookups(sourceColumns)
    sourcePlan.lookups = lookups.map(\.plan) + targetLookups.flatMap { $0.translation?.lookups ?? [] }
    let origin = originPlan(facts)
    let stamps = stampColumns(facts)
    let owned = Set([origin?.column, stamps.created, stamps.updated].compactMap(\.self))
    let keyIndex = table.pairing == nil ? findKeyIndex(facts) : nil
    let made = table.madeByTarget(facts)
    let columns = columnPlans(
      facts, from: sourceColumns, key: keyIndex?.columns ?? [], madeByTarget: made, ownedByPgtide: owned)
    if problems.isEmpty && columns.allSatisfy({ $0.staged == nil }) { refuseEmpty(facts, sourceColumns) }
    noteInheritance(facts)
    if keepsStanding {
      notices.append("rows of ours that stand there stay as they are, whatever the source has (`updates: keep`)")
    }
    notePassedOver()
    let past = past(facts, columns: columns, owned: owned)
    checkRights(facts, columns: columns, owned: owned, updatedStamp: stamps.updated)
    checkUpdates(facts, columns: columns)
    let duplicates = duplicatePlan()
    let key =
      keyIndex.flatMap { keyPlan($0, columns: columns, of: facts) } ?? pairedKey(facts, columns: columns, made: made)
    let references = referencePlans(facts, columns: columns)
    let referrers = referrerPlans(facts, columns: columns)
    let deletes = deletePlan(facts, sourcePlan)
    let sequences = sequencePlans(facts, columns: columns)
    let moment = momentOfChange(sourceColumns, sourcePlan)
    guard problems.isEmpty, let key else { return nil }
    let direct = directLoadPlan(
      facts, sourcePlan, columns, key, origin, references, duplicates,
      [stamps.created, stamps.updated].compactMap(\.self))
    var staged = columns.compactMap(\.staged)
    if case .keep(let order, _) = duplicates { staged.append(order) }
    if key.pairing != nil { staged += key.columns.compactMap(\.staged) }
    if let failure = sourcePlan.lookups.failure {
      staged.append(
        StagedColumn(name: StageTable.lookupColumn, select: failure, type: "pg_catalog.text", collation: nil))
    }
    let lookedUp = targetLookupPlans(staged: columns.compactMap(\.staged))
    staged += lookedUp.columns
    if UnreadableRows.mayExist(source.catalog.server, target.catalog.server) {
      staged.append(
        StagedColumn(
          name: StageTable.unreadableColumn, select: "NULL::pg_catalog.text", type: "pg_catalog.text", collation: nil))
    }
    let format = format(of: staged)
    noteHomeSettings(staged, sourcePlan, format: format)
    let chunker = Chunker(
      chunkBytes: configuration.settings.chunkBytes, chunkRows: configuration.settings.chunkRows,
      blockSize: source.catalog.server.blockSize)
    let keyCache =
      configuration.settings.keyCache == .on && format == .binary && writtenThrough(facts) == nil && key.pairing == nil
        && targetLookups.isEmpty
      ? KeyCachePlan(
        columns: columns, references: references, duplicates: duplicates, hasLookups: !lookups.isEmpty) : nil
    let changes = changePlan(
      facts, sourcePlan, columns, key, origin, references, staged, format: format, past: past, moment: moment)
    let stage = StageTable(
      flow: configuration.flow, table: name, columns: staged, takesShortRows: keyCache != nil)
    return TablePlan(
      target: name, label: table.target.description, flow: configuration.flow, source: sourcePlan, columns: columns,
      key: key, origin: origin,
      createdStamp: stamps.created,
      updatedStamp: stamps.updated, references: references, referrers: referrers,
      mayReachOthers: !facts.referrers.isEmpty || facts.kind == .partitioned,
      mayWriteToOthers: table.onUpdate == .allow, keepsStanding: keepsStanding, sequences: sequences,
      uniqueValues: uniqueValuePlans(facts, columns: columns, key: key.columns.map(\.name)),
      parkedColumns: parkedColumns(facts, columns: columns, key: key.columns.map(\.name)),
      replacement: replacementPlan(facts, key: key, set: columns), duplicates: duplicates,
      deletes: deletes, stage: stage,
      format: format, chunks: chunker.chunks(of: sourcePlan, columns: staged, format: format, table: name),
      overridesIdentity: columns.contains { facts.column($0.name)?.identity == .always },
      counters: counterPlan(facts), hasBeforeTriggers: facts.hasBeforeTriggers,
      rewrites: rewritePlan(facts, columns), mayBeListed: hasRows(ProtectedSQL.rows),
      integrity: integrityPlan(facts, references), direct: direct,
      digest: digestPlan(facts, sourcePlan, columns, key), analysis: AnalyzePlan(facts), notices: notices,
      warnings: warnings, past: past, targetLookups: lookedUp.plans, byColumns: lookedUp.sources, changes: changes,
      keyCache: keyCache, isPartitioned: facts.kind == .partitioned,
      fingerprint: facts.fingerprint)
  }

  /// - Parameter quoted: what of it a server has said.
  package mutating func refuse(_ problem: String, _ advice: String, quoting quoted: String = "") {
    problems.append(
      PlanProblem(
        table: table.target.description, problem: problem, advice: advice, line: table.line, quoted: quoted))
  }

  private mutating func findTarget() -> TableFacts? {
    guard let facts = target.catalog.tables[name] else {
      refuse(
        "the target has no table \(name)",
        Self.advice(on: name, among: target.alternatives) + "Create it there, or correct its name or schema")
      return nil
    }
    guard facts.kind == .table || facts.kind == .partitioned else {
      refuse(
        "\(name) is not a table on the target, but \(facts.kind.name)", "pgtide writes to tables only: name the table")
      return nil
    }
    checkTarget(facts)
    return facts
  }

  /// `Did you mean …? `, where a relation is missing and one is much alike: in its schema, or of its name elsewhere; or
  /// what tells it from one that looks the same.
  package static func advice(on missing: QualifiedName, among others: [QualifiedName]) -> String {
    let neighbours = others.filter { $0.schema == missing.schema }
    if let twin = NearestName.twin(of: missing.name, among: neighbours.map(\.name)) {
      return "\(NearestName.remark(missing.name, twin)). "
    }
    let nearest = NearestName.nearest(to: missing.name.name, among: neighbours.map(\.name.name))
    let meant = neighbours.first { $0.name.name == nearest } ?? others.first { $0.name == missing.name }
    return meant.map { "Did you mean \($0)? " } ?? ""
  }

  /// The column whose name is much like this one, which is missing.
  private static func likely(_ missing: Identifier, in facts: TableFacts) -> Identifier? {
    let nearest = NearestName.nearest(to: missing.name, among: facts.columns.map(\.name.name))
    return nearest.map { Identifier($0) }
  }

  /// SQL out of the configuration that the source does not take. Where the table is not there, that is said alone.
  private mutating func checkUserSQL() {
    if let relation = configuration.sourceName(table), source.catalog.tables[relation] == nil { return }
    for request in DescribeRequest.requests(for: table, in: configuration) {
      guard case .failure(let error) = source.described[request.subject] else { continue }
      let what =
        switch request.subject {
        case .query: "the query"
        case .filter: "`where`"
        case .expression(_, let column): "the expression of column \(column)"
        case .duplicateOrder: "the expression under `duplicates`"
        case .expectation: "the query under `expect`"
        }
      let advice = error.hint ?? "Names need their schema; the source row is called src"
      refuse("the source does not take \(what): \(error.message)", advice, quoting: error.message)
    }
  }

  /// How the table shows which rows are ours.
  private mutating func originPlan(_ facts: TableFacts) -> OriginPlan? {
    switch table.origin ?? configuration.origin {
    case .allRowsAreOurs: return nil
    case .marker(let column, let ours, let null):
      guard let marker = facts.column(column.identifier) else {
        // Where a name is all but right, nobody is to read first how to do without it.
        refuse(
          "it has no marker column \(column)",
          Self.likely(column.identifier, in: facts).map { "Did you mean \($0)? Correct `column` under `origin`" }
            ?? "Say `origin: none` for this table if every row of it is the source's, or name its marker")
        return nil
      }
      checkMarker(marker, ours: ours)
      return OriginPlan(marker, ours: ours, null: null)
    case nil:
      refuse(
        "nothing says which of its rows are ours", "Give it an `origin`, or `origin: none` if all of them are")
      return nil
    }
  }

  private mutating func stampColumns(_ facts: TableFacts) -> (created: Identifier?, updated: Identifier?) {
    let rule = table.stamps ?? configuration.stamps
    let isExplicit = table.stamps != nil
    var found: [Identifier?] = []
    for column in [rule.created?.identifier, rule.updated?.identifier] {
      let stamp = column.flatMap { facts.column($0) }
      if let column, stamp == nil, isExplicit {
        let hint = Self.likely(column, in: facts).map { "Did you mean \($0)? " } ?? ""
        refuse("it has no stamp column \(column)", "\(hint)Correct the name under `stamps`, or leave it out")
      }
      if let stamp { checkStamp(stamp) }
      found.append(stamp?.name)
    }
    return (found[0], found[1])
  }

  private mutating func duplicatePlan() -> DuplicatePlan {
    guard table.duplicates.order != nil,
      case .success(let columns) = source.described[.duplicateOrder(table.target)],
      let column = columns.first, let type = source.types[column]
    else { return .rejectAll }
    let isLast = if case .last = table.duplicates { true } else { false }
    let expression: SQL = "(\(SQL(users: table.duplicates.order ?? "")))"
    // What is only ordered by need not cross in a type of the source's own.
    let staged = StagedColumn(
      name: DuplicatePlan.orderColumn, select: type.isPortable ? expression : "\(expression)::pg_catalog.text",
      type: type.isPortable ? SQL(raw: type.baseSQL) : "pg_catalog.text", collation: nil,
      pins: type.isPortable ? .none : TextForm.pins(type), pinsAsText: TextForm.pins(type))
    return .keep(column: staged, descending: isLast)
  }

  private func rewritePlan(_ facts: TableFacts, _ columns: [ColumnPlan]) -> RewritePlan {
    guard !facts.triggers.names.isEmpty else { return .none }
    return RewritePlan(
      triggers: facts.triggers,
      isRemembering: hasRows(RewriteSQL.rows),
      hasBinary: columns.allSatisfy { facts.column($0.name)?.type.isPortable ?? false })
  }

  /// A table of the schema `pgtide` has, or had, rows of some table.
  private func hasRows(_ table: QualifiedName) -> Bool { target.privateSchema.bytes(table) > 0 }

  /// - Parameter insertsOnly: no row of the table is updated or deleted.
  package func counterPlan(_ facts: TableFacts, insertsOnly: Bool = false) -> CounterPlan {
    let unusable: String? =
      if facts.kind == .partitioned {
        "rows may move between partitions"
      } else if !insertsOnly, let key = facts.referrers.first(where: { $0.table == facts.name }) {
        "its own foreign key \(key.name) may write to it (\(key.action.name))"
      } else if insertsOnly ? facts.hasInsertTriggers : facts.hasTriggers {
        "a trigger of the table may write to it"
      } else if !target.catalog.server.countsTuples {
        "track_counts is off"
      } else {
        nil
      }
    return CounterPlan(relation: facts.oid, unusable: unusable)
  }
}
