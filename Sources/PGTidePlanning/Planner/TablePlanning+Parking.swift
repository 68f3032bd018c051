import PostgresValues

extension TablePlanning {
  /// For each unique index beside the key's a column by which rows can be taken out of it, as far as there is one.
  package func parkedColumns(_ facts: TableFacts, columns: [ColumnPlan], key: [Identifier]) -> [ParkedColumn] {
    var parked: [ParkedColumn] = []
    for index in facts.uniqueIndexes + facts.expressionIndexes where Set(index.columns) != Set(key) {
      guard !parked.contains(where: { index.columns.contains($0.column.name) }) else { continue }
      let set = index.columns.compactMap { name in columns.first { $0.name == name && $0.isSet } }
      // What refers to the column would follow it to NULL, and not back.
      let isReferenced =
        facts.referrers.contains { !Set($0.referenced).isDisjoint(with: index.columns) }
        || facts.dependents.contains { !$0.isLogical && !Set($0.referenced).isDisjoint(with: index.columns) }
      if !index.isNullsEqual, !isReferenced, let column = set.first(where: { !$0.isNotNull }) {
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
    func outermost(_ end: SQL, _ condition: SQL = "true") -> SQL {
      "(SELECT pg_catalog.\(end)(m.\(column.name)) FROM \(table) m WHERE \(condition))"
    }
    /// The row's own of these values, as far as they are free.
    func free(_ candidates: SQL) -> ParkedColumn.Place {
      .value { row in
        """
        (ARRAY(SELECT c.value FROM (\(candidates)) c WHERE NOT EXISTS (
            SELECT FROM \(table) m WHERE m.\(column.name)::\(type) OPERATOR(pg_catalog.=) c.value)))[\(row)]
        """
      }
    }
    let isFinite: SQL = "pg_catalog.isfinite(m.\(column.name))"
    switch column.type.baseOID {
    case BuiltinType.text, BuiltinType.varchar, BuiltinType.bpchar:
      // As long as the column can be expected to take it.
      let length = column.type.baseModifier == -1 ? Int.max : column.type.baseModifier - 4
      if length >= 43 {
        return .value { _ in "'pgtide ' OPERATOR(pg_catalog.||) pg_catalog.gen_random_uuid()::pg_catalog.text" }
      }
      if length > 2 { return .value { "'~' OPERATOR(pg_catalog.||) \($0)::pg_catalog.text" } }
      // Two characters of a row are not more often free than one.
      return free("SELECT pg_catalog.chr(n)::\(type) AS value FROM pg_catalog.generate_series(126, 33, -1) AS n")
    case BuiltinType.int2:
      return free("SELECT n::smallint AS value FROM pg_catalog.generate_series(32767, -32768, -1) AS n")
    case BuiltinType.int4: return beyond(2_147_483_647)
    case BuiltinType.int8: return beyond(.max)
    case BuiltinType.numeric:
      let highest = outermost(
        "max", "m.\(column.name)::pg_catalog.text OPERATOR(pg_catalog.<>) ALL ('{NaN,Infinity,-Infinity}')")
      return .value { "(COALESCE(\(highest), 0) OPERATOR(pg_catalog.+) \($0))::\(type)" }
    case BuiltinType.date:
      let last = outermost("max", isFinite)
      return .value { "COALESCE(\(last), pg_catalog.make_date(2000, 1, 1)) OPERATOR(pg_catalog.+) \($0)" }
    case BuiltinType.timestamp, BuiltinType.timestamptz:
      let last = outermost("max", isFinite)
      return .value {
        """
        COALESCE(\(last), pg_catalog.now()::\(type))
          OPERATOR(pg_catalog.+) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, \($0))
        """
      }
    case BuiltinType.uuid:
      return .value { _ in "pg_catalog.gen_random_uuid()" }
    case BuiltinType.bytea:
      return .value { _ in "pg_catalog.uuid_send(pg_catalog.gen_random_uuid())" }
    case BuiltinType.bool:
      return free("SELECT n OPERATOR(pg_catalog.=) 1 AS value FROM pg_catalog.generate_series(0, 1) AS n")
    default:
      guard column.type.baseKind == .enumeration else { return nil }
      return free("SELECT e.value FROM pg_catalog.unnest(pg_catalog.enum_range(NULL::\(type))) AS e (value)")
    }

    /// A number above all others, or, where the type ends there, below them.
    func beyond(_ most: Int) -> ParkedColumn.Place {
      let (highest, lowest) = (outermost("max"), outermost("min"))
      return .value { row in
        """
        (CASE WHEN \(highest) OPERATOR(pg_catalog.<=) \(most - PartwiseSQL.blockRows)
          THEN \(highest) OPERATOR(pg_catalog.+) \(row) ELSE \(lowest) OPERATOR(pg_catalog.-) \(row) END)::\(type)
        """
      }
    }
  }
}
