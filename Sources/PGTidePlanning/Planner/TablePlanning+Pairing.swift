import PostgresValues

/// Tables whose rows the source cannot name by a key.
extension TablePlanning {
  /// The key of a table whose rows are paired: the target's own, of which the staged row gets its partner's.
  package mutating func pairedKey(_ facts: TableFacts, columns: [ColumnPlan], made: Set<Identifier>) -> KeyPlan? {
    if table.pairing != nil { checkLock(facts) }
    checkKept(columns)
    return switch table.pairing {
    case nil: nil
    case .keyless: placeKey(facts, columns, [])
    case .keylessBy(let match): placeKey(facts, columns, match.identifiers)
    case .generated(let match): generatedKey(facts, columns, match.identifiers, made)
    }
  }

  private mutating func generatedKey(
    _ facts: TableFacts, _ columns: [ColumnPlan], _ match: [Identifier], _ made: Set<Identifier>
  ) -> KeyPlan? {
    guard let primary = facts.primaryKey else {
      refuse(
        "`key: generated` is for a key that the target makes, and it has no primary key",
        "Say `key: none`, or give it one on the target: ALTER TABLE \(name.quoted) ADD COLUMN … bigint GENERATED ALWAYS AS "
          + "IDENTITY PRIMARY KEY")
      return nil
    }
    guard !primary.isWithoutOverlaps else {
      refuse(
        "`key: generated` does not take its primary key \(primary.name), which is WITHOUT OVERLAPS",
        "Name columns under `key` that identify a row on both ends")
      return nil
    }
    let filled = Set(columns.map(\.name))
    guard let own = primary.columns.first(where: { !filled.contains($0) }) else {
      if problems.isEmpty {
        refuse(
          "`key: generated` is for a key that the target makes, and all columns of its primary key get a value "
            + "(\(primary.columns.map(\.name).joined(separator: ", ")))",
          "Leave `key` out, or name under `skip` what the target is to make")
      }
      return nil
    }
    checkMatch(facts, columns, match)
    let given = primary.columns.filter { filled.contains($0) && !match.isEmpty && !match.contains($0) }
    if !given.isEmpty {
      refuse(
        "its primary key's \(given.map(\.name).joined(separator: ", ")) gets a value from the source, and does not stand under "
          + "`match`", "Name it under `match`, too: a row that stays keeps its key")
    }
    let key = primary.columns.enumerated().compactMap { place, name in
      facts.column(name).map { column in
        pairColumn(place, name: name, type: SQL(raw: column.type.sql), staged: SQL(raw: column.type.baseSQL))
      }
    }
    let pairing = pairingPlan(facts, columns, match, isKeyless: false)
    if problems.isEmpty { note(pairing, own, isByAll: pairing.match.count == columns.count) }
    noteMade(made)
    return KeyPlan(columns: key, equality: primary.equality, index: primary.name, pairing: pairing)
  }

  /// Rows are known by their place, as long as nobody else writes.
  private mutating func placeKey(_ facts: TableFacts, _ columns: [ColumnPlan], _ match: [Identifier]) -> KeyPlan? {
    var key = [pairColumn(0, name: "ctid", type: "pg_catalog.tid", staged: "pg_catalog.tid")]
    if facts.kind == .partitioned {
      key.append(pairColumn(1, name: "tableoid", type: "pg_catalog.oid", staged: "pg_catalog.oid"))
    }
    checkMatch(facts, columns, match)
    let pairing = pairingPlan(facts, columns, match, isKeyless: true)
    if !match.isEmpty, !keepsStanding {
      refuse(
        "`match` stands beside `key: none`, and a row without a key is not updated",
        "Say `updates: keep`, so that rows go in once, or `key: generated` where the target has a key")
    }
    notices.append(
      pairing.isWhole
        ? "its rows have no key: those that are the same in all columns that are filled are paired, and a row that has changed "
          + "on the source is a new one"
        : "its rows have no key: they are paired by \(list(pairing.match.map(\.name.name)))")
    if pairing.isWhole, deleteRule == .keep {
      warnings.append(
        "a row that changes on the source is inserted anew, and the old one stays: `deletes: remove` deletes it")
    }
    return KeyPlan(
      columns: key, equality: key.map { _ in "OPERATOR(pg_catalog.=)" }, index: "ctid", pairing: pairing)
  }

  /// A row that goes in once has to be found again, whatever becomes of its values.
  private mutating func checkKept(_ columns: [ColumnPlan]) {
    guard let pairing = table.pairing, keepsStanding, problems.isEmpty,
      pairing.match.isEmpty || Set(pairing.match.identifiers).isSuperset(of: columns.map(\.name))
    else { return }
    refuse(
      "`updates: keep` leaves rows as they stand, and those of this table are found again by all of their values only",
      "Name under `match` columns that nobody changes on the target")
  }

  private mutating func checkLock(_ facts: TableFacts) {
    guard checksWriting, !facts.canLock else { return }
    let user = target.catalog.server.user
    refuse(
      "\(user) may not lock \(name) on the target, whose rows are paired: that takes UPDATE on the whole table",
      "GRANT UPDATE ON \(name.quoted) TO \(Identifier(user).quoted)")
  }

  private func pairColumn(_ place: Int, name: Identifier, type: SQL, staged: SQL) -> ColumnPlan {
    let column = PairingPlan.column(place)
    return ColumnPlan(
      name: name, type: type,
      content: .staged(
        StagedColumn(name: column, select: "NULL::pg_catalog.text", type: staged, collation: nil)),
      isNotNull: true, isKey: true, isSet: false, value: "s.\(column)", fits: nil)
  }

  private mutating func checkMatch(_ facts: TableFacts, _ columns: [ColumnPlan], _ match: [Identifier]) {
    let filled = columns.map(\.name)
    for name in match where !filled.contains(name) {
      guard facts.column(name) != nil else {
        refuse(
          "the target has no column \(name), which stands under `match`",
          NearestName.advice(for: name, among: filled) ?? "Correct its name under `match`")
        continue
      }
      // One that was refused has been reported.
      guard problems.isEmpty else { continue }
      refuse(
        "column \(name) stands under `match`, and gets no value from the source",
        "Say under `columns` what it gets, or take it out of `match`")
    }
  }

  private func pairingPlan(
    _ facts: TableFacts, _ columns: [ColumnPlan], _ match: [Identifier], isKeyless: Bool
  ) -> PairingPlan {
    let isWhole = match.isEmpty
    let matched = isWhole ? columns : match.compactMap { name in columns.first { $0.name == name } }
    let compared = matched.map(\.name).filter { facts.column($0).map { Self.isCompared($0.type) } ?? false }
    return PairingPlan(match: matched, compared: Set(compared), isWhole: isWhole, isKeyless: isKeyless)
  }

  /// The type's own hash is of all values that it calls the same, and no collation has a say.
  private static func isCompared(_ type: TypeFacts) -> Bool {
    let types: Set<UInt32> = [
      BuiltinType.bool, BuiltinType.bytea, BuiltinType.int2, BuiltinType.int4, BuiltinType.int8, BuiltinType.oid,
      BuiltinType.uuid, BuiltinType.date, BuiltinType.time, BuiltinType.timetz, BuiltinType.timestamp,
      BuiltinType.timestamptz, BuiltinType.numeric, BuiltinType.float4, BuiltinType.float8, BuiltinType.interval,
      BuiltinType.jsonb, BuiltinType.inet, BuiltinType.cidr, BuiltinType.macaddr, BuiltinType.macaddr8,
    ]
    return types.contains(type.baseOID)
  }

  private mutating func note(_ pairing: PairingPlan, _ own: Identifier, isByAll: Bool) {
    let names = pairing.match.map(\.name.name).joined(separator: ", ")
    notices.append(
      pairing.isWhole
        ? "the target makes its key (\(own)): rows that are the same in all columns that are filled are paired"
        : "the target makes its key (\(own)): rows are paired by \(names)")
    if isByAll, deleteRule == .keep {
      warnings.append(
        "a row that changes on the source is inserted anew, and the old one stays: name under `match` what does not change, "
          + "or say `deletes: remove`")
    }
  }

  private mutating func noteMade(_ made: Set<Identifier>) {
    guard let relation = configuration.sourceName(table), let facts = source.catalog.tables[relation] else { return }
    let others = made.subtracting(table.skip.identifiers).filter { facts.column($0) != nil }
    guard !others.isEmpty else { return }
    notices.append(
      "not copied, because the target makes it: \(others.sorted().map(\.name).joined(separator: ", "))")
  }
}

extension TableConfiguration {
  /// Columns of the primary key that the target fills by itself (`key: generated`): the source's columns of these names are
  /// others.
  package func madeByTarget(_ facts: TableFacts) -> Set<Identifier> {
    guard case .generated = pairing, let primary = facts.primaryKey else { return [] }
    return Set(
      primary.columns.filter { name in
        guard let column = facts.column(name), !fills(name) else { return false }
        return column.hasDefault || column.identity != .none
      })
  }

  /// It says itself what the column gets, or that rows are told by it.
  package func fills(_ column: Identifier) -> Bool {
    columns.contains { $0.column.identifier == column } || telling.contains(column)
  }

  /// The columns by which a row is told on both ends, as far as it names them.
  package var telling: [Identifier] { pairing == nil ? key.identifiers : pairing?.match.identifiers ?? [] }
}
