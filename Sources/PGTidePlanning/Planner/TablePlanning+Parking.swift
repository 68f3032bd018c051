import PostgresValues

extension TablePlanning {
  /// For each unique index beside the key's a column by which rows can be taken out of it, as far as there is one.
  package func parkedColumns(_ facts: TableFacts, columns: [ColumnPlan], key: [Identifier]) -> [ParkedColumn] {
    var parked: [ParkedColumn] = []
    for index in facts.uniqueIndexes + facts.expressionIndexes where Set(index.columns) != Set(key) {
      guard !parked.contains(where: { index.columns.contains($0.column.name) }) else { continue }
      let set = index.columns.compactMap { name in columns.first { $0.name == name && $0.isSet } }
      // What refers to the column by ON UPDATE CASCADE would follow it to NULL, and not back.
      let cascades = facts.referrers.contains { !Set($0.referenced).isDisjoint(with: index.columns) }
      if !index.isNullsEqual, !cascades, let column = set.first(where: { !$0.isNotNull }) {
        parked.append(ParkedColumn(column, .null))
      } else if let found = set.lazy.compactMap({ column in
        facts.column(column.name).flatMap { Self.place(of: $0, in: name) }.map { ParkedColumn(column, $0) }
      }).first {
        parked.append(found)
      }
    }
    return parked
  }

  /// The unique indexes by whose name a refusal can be looked into. A partial one is about some rows only, and one on an
  /// expression about another value.
  package func uniqueValuePlans(_ facts: TableFacts, columns: [ColumnPlan], key: [Identifier]) -> [UniqueValuePlan] {
    facts.uniqueIndexes.compactMap { index in
      let held = index.columns.compactMap { name in columns.first { $0.name == name } }
      guard Set(index.columns) != Set(key), !index.isPartial, !index.isWithoutOverlaps,
        held.count == index.columns.count, held.count == index.equality.count
      else { return nil }
      return UniqueValuePlan(index: index.name, columns: held, equality: index.equality)
    }
  }

  /// - Parameter table: whose values are passed over.
  private static func place(of column: ColumnFacts, in table: QualifiedName) -> ParkedColumn.Place? {
    let type = SQL(raw: column.type.baseSQL)
    let highest: SQL = "(SELECT pg_catalog.max(m.\(column.name)) FROM \(table) m)"
    switch column.type.baseOID {
    case BuiltinType.text, BuiltinType.varchar, BuiltinType.bpchar:
      // As long as the column can be expected to take it.
      let length = column.type.baseModifier == -1 ? Int.max : column.type.baseModifier - 4
      if length >= 43 {
        return .value { _ in "'pgtide ' OPERATOR(pg_catalog.||) pg_catalog.gen_random_uuid()::pg_catalog.text" }
      }
      return .value { "'~' OPERATOR(pg_catalog.||) \($0)::pg_catalog.text" }
    case BuiltinType.int2, BuiltinType.int4, BuiltinType.int8, BuiltinType.numeric:
      return .value { "(\(highest) OPERATOR(pg_catalog.+) \($0))::\(type)" }
    case BuiltinType.date:
      return .value { "\(highest) OPERATOR(pg_catalog.+) \($0)" }
    case BuiltinType.timestamp, BuiltinType.timestamptz:
      return .value { "\(highest) OPERATOR(pg_catalog.+) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, \($0))" }
    case BuiltinType.uuid:
      return .value { _ in "pg_catalog.gen_random_uuid()" }
    default: return nil
    }
  }
}
