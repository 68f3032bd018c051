import PostgresValues

extension TablePlanning {
  /// How changed rows are found by a column of the source; `nil` where the configuration names none.
  ///
  /// - Parameters:
  ///   - staged: the stage's columns.
  ///   - moment: from ``momentOfChange(_:_:)``.
  package mutating func changePlan(
    _ facts: TableFacts, _ source: SourcePlan, _ columns: [ColumnPlan], _ key: KeyPlan, _ origin: OriginPlan?,
    _ references: [ReferencePlan], _ staged: [StagedColumn], format: RowFormat, past: TablePast, moment: Moment?
  ) -> ChangePlan? {
    guard let rule = table.changedBy, let moment else { return nil }
    let known = source.relation.flatMap { self.source.changes?.tables[$0] }
    let isIndexed = known?.indexed.contains(rule.column.identifier) ?? false
    if !isIndexed, source.kind == .table || source.kind == .partitioned {
      notices.append(
        "no index of the source begins with \(rule.column), so that every run reads the whole table there to find what has "
          + "changed")
    }
    if self.source.changes?.seesSessions == false {
      let user = self.source.catalog.server.user
      notices.append(
        "\(user) does not see since when others' transactions on the source are open: where one is, the next run reads from "
          + "where this one did, or all rows. GRANT pg_read_all_stats TO \(Identifier(user).quoted)")
    }
    let fingerprint = changeFingerprint(facts, source, columns, key, origin, references, staged)
    let fullEvery = (table.fullEvery ?? ChangeRule.usualFullEvery).seconds
    let reading: ChangePlan.Reading
    if let reason = reasonForAllRows(facts, columns, key, references)
      ?? reasonForAllRows(past.changes, fingerprint: fingerprint, fullEvery: fullEvery)
    {
      reading = .all(because: reason)
    } else {
      let mark = past.changes?.mark ?? ""
      let chunks = changedRows(
        source, staged, format: format, moment(mark, Int(rule.overlap.seconds)), column: rule.column.identifier,
        isIndexed: isIndexed, sharing: isUnique(key, known) ? nil : key)
      reading = .changed(ChangePlan.Window(mark: mark, overlap: Int(rule.overlap.seconds), chunks: chunks))
    }
    return ChangePlan(
      column: rule.column.identifier, isIndexed: isIndexed, fingerprint: fingerprint.text, past: past.changes,
      reading: reading, fullEvery: fullEvery, nextTransaction: self.source.changes?.nextTransaction)
  }

  // MARK: - The column

  /// The least value of the column that a change may have written since a moment in UTC.
  package typealias Moment = (_ mark: String, _ overlap: Int) -> SQL

  /// Refuses what cannot be found by a column.
  package mutating func momentOfChange(_ columns: [ColumnFacts], _ source: SourcePlan) -> Moment? {
    guard let rule = table.changedBy else { return nil }
    let advice = "Leave `changed_by` out for this table"
    if table.columns.contains(where: { if case .lookup = $0.value { true } else { false } }) {
      refuse("`changed_by` does not go with a lookup: a row does not tell when the looked-up one changes", advice)
    }
    if table.duplicates.order != nil {
      refuse(
        "`changed_by` does not go with `duplicates`: when the row of a key that went in has gone, the others do not tell",
        advice)
    }
    if table.pairing != nil {
      refuse(
        "`changed_by` does not go with `key: generated` or `key: none`: which rows are a pair is decided among all",
        advice)
    }
    if source.kind == .foreign {
      refuse("`changed_by` does not go with a foreign table, \(ChangeFacts.Late.foreign.reason)", advice)
    }
    if source.kind == .materializedView {
      refuse("`changed_by` does not go with a materialized view, \(ChangeFacts.Late.materialized.reason)", advice)
    }
    return momentOfChange(rule, columns)
  }

  /// A time without a zone, and a date, may be those of any zone: the westernmost is 12 hours behind UTC.
  private mutating func momentOfChange(_ rule: ChangeRule, _ columns: [ColumnFacts]) -> Moment? {
    guard let column = columns.first(where: { $0.name == rule.column.identifier }) else {
      refuse(
        "the source has no column \(rule.column), which `changed_by` names",
        NearestName.advice(for: rule.column.identifier, among: columns.map(\.name)) ?? "Correct its name")
      return nil
    }
    guard column.canSelect else {
      refuse(
        "\(source.catalog.server.user) may not read column \(rule.column) on the source, which `changed_by` names",
        "Grant SELECT on it, or leave `changed_by` out")
      return nil
    }
    let type: SQL
    switch column.type.baseOID {
    case BuiltinType.timestamptz where column.type.kind == .base:
      return { mark, overlap in
        "(\(literal: mark)::pg_catalog.timestamptz OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, \(overlap)))"
      }
    case BuiltinType.timestamp where column.type.kind == .base: type = "pg_catalog.timestamp"
    case BuiltinType.date where column.type.kind == .base: type = "pg_catalog.date"
    default:
      refuse(
        "`changed_by` takes a column for times, and \(rule.column) is \(column.type.label): a number does not say which "
          + "ones are still to come from transactions that are open",
        "Name a column of the type timestamptz, timestamp or date, or leave `changed_by` out")
      return nil
    }
    let west = 12 * 3600
    return { mark, overlap in
      """
      (pg_catalog.timezone('UTC', \(literal: mark)::pg_catalog.timestamptz) OPERATOR(pg_catalog.-) \
      pg_catalog.make_interval(0, 0, 0, 0, 0, 0, \(overlap + west)))::\(type)
      """
    }
  }

  // MARK: - Why all rows are looked at

  /// What cannot be done with this table, or is not to be done in this run.
  private func reasonForAllRows(
    _ facts: TableFacts, _ columns: [ColumnPlan], _ key: KeyPlan, _ references: [ReferencePlan]
  ) -> String? {
    if configuration.settings.mode == .full { return "`mode: full` asks for it" }
    if table.allowedDeletes != nil { return "--allow-deletes names it" }
    if configuration.settings.spill.mode == .always { return "its rows go over the disk (`spill`)" }
    if source.catalog.server.isStandby {
      return "the source is a standby, and does not know when its primary's transactions began"
    }
    if facts.isUnlogged { return "it is unlogged on the target, and empty behind a crash" }
    if let late = source.changes?.readings[table.target]?.late {
      return "it reads \(late.relation), \(late.reason.reason)"
    }
    if let parent = writtenThrough(facts) {
      return "an update of \(parent.parent) may write to it (\(parent.name))"
    }
    if let reference = references.first(where: { $0.isChecked && !$0.isEnforced }) {
      return "the target does not enforce \(reference.name)"
    }
    // Rows that share a key on the target must be known by the source's values.
    if let column = key.columns.first(where: { $0.staged != nil && (!$0.isOfTargetType || $0.isSet) }) {
      return "one key may look in several ways in column \(column.name)"
    }
    if key.takesNull { return "NULL is a value of its key" }
    return nil
  }

  /// What the last run has left.
  private func reasonForAllRows(
    _ past: PastChanges?, fingerprint: ChangeFingerprint, fullEvery: Double
  ) -> String? {
    guard let past else { return "no run has looked at all of them yet" }
    if let reason = fingerprint.reason(since: past.plan) { return reason }
    if let before = past.nextTransaction, let now = source.changes?.nextTransaction, now < before {
      return "the source was taken back to a state before the last run"
    }
    guard past.mark != nil else { return past.reason ?? "the last run could not say up to when it saw all changes" }
    // By a clock that has gone back, nobody knows.
    guard past.age >= 0, past.age < fullEvery else {
      return "the last time was \(past.fullAt), and they are every \(DurationText.write(Int(fullEvery)))"
    }
    return nil
  }

  // MARK: - What it rests on

  private func changeFingerprint(
    _ facts: TableFacts, _ source: SourcePlan, _ columns: [ColumnPlan], _ key: KeyPlan, _ origin: OriginPlan?,
    _ references: [ReferencePlan], _ staged: [StagedColumn]
  ) -> ChangeFingerprint {
    let changes = self.source.changes
    let server = self.source.catalog.server
    let rules: [String] = [
      "changes 2", table.changedBy.map { "\($0.column) \($0.overlap.seconds)" } ?? "",
      source.shape.joined(separator: ", "), source.from.text, source.filter?.text ?? "",
      facts.fingerprint, target.files[name] ?? "",
      key.columns.map(\.name.quoted).joined(separator: ", "), origin.map { "\($0.column.quoted) \($0.ours)" } ?? "",
      "\(deleteRule.rawValue) \(table.scope ?? "")", table.onUpdate.rawValue,
    ]
    let values = columns.map { column in
      "\(column.name.quoted) \(column.isSet) \(column.value.text) \(column.value.values) \(column.fits?.text ?? "")"
    }
    let read = staged.map { "\($0.name.quoted) \($0.select.text) \($0.type.text)" }
    let parents = references.map { "\($0.name.quoted) \($0.parent) \($0.isChecked)" }
    let reading = changes?.readings[table.target]
    let files = source.relation.flatMap { changes?.tables[$0]?.files } ?? ""
    // A standby is behind: what was read from it may be older than what the last run has read from its primary.
    let place = [changes?.identity ?? "", server.database, server.isStandby ? "standby" : "primary"]
    let hasCode = homeCode(of: source) != nil
    return ChangeFingerprint([
      (.plan, (rules + values + read + parents).joined(separator: "\n")),
      (.server, place.joined(separator: "\n")),
      (.types, "\(changes?.types ?? "") \(target.changeTypes)"),
      (.source, "\(files) \(reading?.look ?? "") \(reading?.late.map { "\($0)" } ?? "")"),
      (.code, hasCode ? "\(server.user) \(server.version) \(changes?.code ?? "")" : ""),
      (.settings, hasCode ? changes?.settings ?? "" : ""),
    ])
  }

  // MARK: - What is read

  /// The source itself keeps rows of one key apart.
  private func isUnique(_ key: KeyPlan, _ known: ChangeFacts.Table?) -> Bool {
    var columns: Set<Identifier> = []
    for column in key.columns {
      guard let staged = column.staged else { continue }
      guard let name = sourceColumn(of: column.name), staged.select.text == "src.\(name.quoted)" else { return false }
      columns.insert(name)
    }
    return known?.uniqueKeys.contains { $0.isSubset(of: columns) } ?? false
  }

  private func sourceColumn(of name: Identifier) -> Identifier? {
    switch table.columns.first(where: { $0.column.identifier == name })?.value {
    case .renamed(let from): from.identifier
    case nil: name
    case .constant, .expression, .lookup: nil
    }
  }

  /// - Parameter sharing: the key, if others of a changed row's key are read with it: the source may have several, of which
  ///   none is to go in.
  private func changedRows(
    _ source: SourcePlan, _ staged: [StagedColumn], format: RowFormat, _ since: SQL, column: Identifier,
    isIndexed: Bool,
    sharing key: KeyPlan?
  ) -> [Chunk] {
    let hasChanged: SQL = "(src.\(column) OPERATOR(pg_catalog.>=) \(since) OR src.\(column) IS NULL)"
    var only = hasChanged
    if let key {
      let values = key.columns.compactMap(\.staged?.select).joined(separator: ", ")
      let filter: SQL = source.filter.map { "(\($0)) AND " } ?? ""
      only = """
        (\(hasChanged) OR ROW(\(values)) OPERATOR(pg_catalog.=) ANY (
          SELECT \(values) FROM \(source.from) WHERE \(filter)\(hasChanged)))
        """
    }
    // By an index few rows are found at once, where page ranges would each be read for them; and what compares all rows with
    // each other does it once.
    let isCut = !isIndexed && key == nil
    let chunker = Chunker(
      chunkBytes: isCut ? configuration.settings.chunkBytes : .max, chunkRows: nil,
      blockSize: self.source.catalog.server.blockSize)
    return chunker.chunks(
      of: isCut ? source : source.asStreams, columns: staged, format: format, table: name, only: only)
  }
}

extension SourcePlan {
  /// The same without page ranges.
  fileprivate var asStreams: SourcePlan {
    var streams = SourcePlan(
      origin: origin, kind: kind, filter: filter,
      pieces: pieces.map { Piece(from: $0.from, pages: nil, rows: $0.rows) }, estimatedRows: estimatedRows,
      bytes: bytes,
      partitions: partitions, oneStreamBecause: oneStreamBecause, isReadByColumn: isReadByColumn)
    streams.lookups = lookups
    return streams
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) }
}

extension ChangeFacts.Late {
  fileprivate var reason: String {
    switch self {
    case .foreign: "whose transactions are another server's"
    case .materialized: "whose rows come later than their times say, when it is refreshed"
    case .subscribed: "whose rows come later than their times say, by a subscription"
    }
  }
}
