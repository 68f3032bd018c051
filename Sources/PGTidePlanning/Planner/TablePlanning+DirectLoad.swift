import PostgresValues

extension TablePlanning {
  /// Whether rows can go straight into the table while it is empty, or why not. What a stage is for must not be needed:
  /// a check of single rows, a choice among them, a cast. What is left is told by the server: a key that comes twice, a
  /// parent that is missing, a constraint.
  package func directLoadPlan(
    _ facts: TableFacts, _ source: SourcePlan, _ columns: [ColumnPlan], _ key: KeyPlan,
    _ origin: OriginPlan?, _ references: [ReferencePlan], _ duplicates: DuplicatePlan, _ stamps: [Identifier]
  ) -> DirectLoadPlan {
    let stampFacts = stamps.compactMap { facts.column($0) }
    let markerType = origin.flatMap { facts.column($0.column)?.type }
    let reasons: [String?] = [
      configuration.settings.directLoad == .never ? "as configured" : nil,
      counterPlan(facts, insertsOnly: true).unusable,
      target.integrity[name]?.obstacles.first,
      reasonOfColumns(columns, key), reasonOfReferences(references), reasonOfDuplicates(duplicates),
      reasonOfOwnColumns(stampFacts.map(\.type) + [markerType].compactMap(\.self)),
    ]
    return DirectLoadPlan(
      reasonForStage: reasons.compactMap(\.self).first, seemsEmpty: (facts.estimatedRows ?? 0) == 0,
      isSmall: isSmall(source), crossesAsText: crossesAsText(columns.compactMap(\.staged), source),
      stamps: stampFacts.filter { !$0.isNowByDefault }.map {
        DirectLoadPlan.Stamp(name: $0.name, type: SQL(raw: $0.type.sql))
      },
      defaultStamps: stampFacts.filter(\.isNowByDefault).map(\.name),
      indexes: target.indexes[name] ?? [], blockSize: self.source.catalog.server.blockSize)
  }

  /// All values survive as text, and no code of the source would have to see other settings for it than at home.
  private func crossesAsText(_ columns: [StagedColumn], _ source: SourcePlan) -> Bool {
    TextFormatCheck.obstacle(columns) == nil && (columns.pins(in: .text).isEmpty || homeCode(of: source) == nil)
  }

  /// Few rows, too: the server's triggers look after those of tables that share a transaction.
  private func isSmall(_ source: SourcePlan) -> Bool {
    source.pieces.allSatisfy { $0.pages != nil }
      && source.bytes + source.toastBytes < configuration.settings.smallBytes
      && (source.estimatedRows ?? source.bytes / 64) < IntegrityPlan.worthwhileInserts
  }

  private func reasonOfColumns(_ columns: [ColumnPlan], _ key: KeyPlan) -> String? {
    if let column = key.columns.first(where: { !$0.isNotNull }) { return "the key column \(column.name) may be NULL" }
    if let column = columns.first(where: \.isLookedUpOnTarget) {
      return "column \(column.name) is looked up on the target"
    }
    if key.pairing != nil, !lookups.isEmpty { return "a row for which a lookup fails would get a key" }
    guard let column = columns.first(where: { !$0.isStoredAsStaged }) else { return nil }
    if column.staged == nil { return "column \(column.name) is a constant" }
    return column.fits == nil
      ? "column \(column.name) is cast on the target" : "not every value may fit column \(column.name)"
  }

  private func reasonOfReferences(_ references: [ReferencePlan]) -> String? {
    references.first { !$0.isForeignKey || !$0.isChecked }.map { reference in
      reference.isForeignKey
        ? "the foreign key \(reference.name) is not looked for" : "the reference \(reference.name) is no foreign key"
    }
  }

  private func reasonOfDuplicates(_ duplicates: DuplicatePlan) -> String? {
    if case .rejectAll = duplicates { nil } else { "`duplicates` picks one row of a key" }
  }

  /// The marker and the stamps are made on the source, which has the built-in types only.
  private func reasonOfOwnColumns(_ types: [TypeFacts]) -> String? {
    types.allSatisfy { $0.isPortable && $0.kind != .domain } ? nil : "the marker or a stamp is of a type of its own"
  }
}
