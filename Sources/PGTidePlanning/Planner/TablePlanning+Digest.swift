import PostgresValues

extension TablePlanning {
  /// Whether both ends' digests can tell which rows need not be read, or why not. What looks the same on both ends must
  /// be what the comparison of single rows would call unchanged, and nothing else of such a row must be in question.
  package func digestPlan(
    _ facts: TableFacts, _ source: SourcePlan, _ columns: [ColumnPlan], _ key: KeyPlan
  ) -> DigestPlan {
    let reasons: [String?] = [
      configuration.settings.digest == .never ? "as configured" : nil,
      writtenThrough(facts).map { "an update of \($0.parent) may write to it (\($0.name))" },
      reasonOfSource(source), reasonOfServers, reasonOfKey(facts, key), reasonOfValues(facts, columns, key),
      keepsStanding && key.pairing != nil ? "rows that stay as they are may look otherwise" : nil,
    ]
    return DigestPlan(
      reasonForReading: reasons.compactMap(\.self).first,
      // A table that was never analyzed is taken for one of narrow rows.
      estimatedRows: max(source.estimatedRows ?? source.bytes / 64, facts.estimatedRows ?? 0),
      shape: configuration.settings.digestShape, keyForm: keyForm(facts, key),
      seeksLeftovers: deleteRule == .remove)
  }

  private func keyForm(_ facts: TableFacts, _ key: KeyPlan) -> DigestPlan.KeyForm {
    guard key.pairing == nil, key.columns.count == 1, let type = facts.column(key.columns[0].name)?.type else {
      return .hashed
    }
    if BuiltinType.integers.contains(type.baseOID) { return .integer }
    return type.baseOID == BuiltinType.numeric ? .numeric : .hashed
  }

  /// Rows are told apart by two statements, and read by a third: all must find the same ones.
  private func reasonOfSource(_ source: SourcePlan) -> String? {
    func isStored(_ kind: TableFacts.Kind?) -> Bool {
      switch kind {
      case .table, .partitioned, .materializedView: true
      case .view, .foreign, nil: false
      }
    }
    return isStored(source.kind) && source.lookups.allSatisfy { isStored($0.kind) }
      ? nil : "a view or a query may answer in another way each time"
  }

  /// The same bytes in another encoding may be another text.
  private var reasonOfServers: String? {
    let (source, target) = (source.catalog.server, target.catalog.server)
    guard DigestCheck.isKnown(to: min(source.version, target.version)) else {
      return "it takes version 14 on both ends"
    }
    if source.digestCheck != target.digestCheck {
      return "the two servers do not make the same hash of the same values"
    }
    return source.encoding == target.encoding
      ? nil : "the source is encoded in \(source.encoding), the target in \(target.encoding)"
  }

  /// Rows of one key must fall into one bucket. A key column that an update would set may look in several ways; of some
  /// types the hash is of the key all the same.
  private func reasonOfKey(_ facts: TableFacts, _ key: KeyPlan) -> String? {
    let hashed: Set<UInt32> = [BuiltinType.numeric, BuiltinType.float4, BuiltinType.float8, BuiltinType.interval]
    if let pairing = key.pairing {
      // Rows that pair as wholes look the same, and so do values that are compared as texts.
      guard !pairing.isWhole else { return nil }
      return pairing.match.first { column in
        guard pairing.compared.contains(column.name), let type = facts.column(column.name)?.type else { return false }
        return !hashed.contains(type.baseOID)
          && !BuiltinType.isImageDecided(type.baseOID, modifier: type.baseModifier)
      }.map { "values that are paired may look in several ways in column \($0.name)" }
    }
    return key.columns.first { column in
      column.isSet && facts.column(column.name).map { !hashed.contains($0.type.baseOID) } ?? true
    }.map { "one key may look in several ways in column \($0.name)" }
  }

  private func reasonOfValues(_ facts: TableFacts, _ columns: [ColumnPlan], _ key: KeyPlan) -> String? {
    for column in columns {
      if column.staged == nil {
        // Buckets are chosen in a COPY as well, which takes no parameters.
        let names = key.naming.contains { $0.name == column.name }
        if names || column.digestForm == nil { return "column \(column.name) is a constant" }
        continue
      }
      if column.isLookedUpOnTarget { return "column \(column.name) is looked up on the target" }
      if facts.column(column.name)?.type.kind == .domain { return "column \(column.name) is of a domain" }
      guard let form = column.digestForm else {
        return "column \(column.name) is of a type whose values no hash of the servers tells apart"
      }
      // Labels travel as the text that is hashed.
      if !column.isOfTargetType && !form.isOfLabels { return "column \(column.name) is cast on the target" }
    }
    return nil
  }
}
