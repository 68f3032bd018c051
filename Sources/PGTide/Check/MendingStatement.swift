import Postgres

/// The statements that would mend single rows of a table. Each writes only rows that are ours, and an UPDATE only what
/// still stands there as the check has seen it. Each is one line.
struct MendingStatement: Sendable {
  let table: TablePlan

  /// `nil` where nothing is to be mended, or no row can be named.
  ///
  /// - Parameters:
  ///   - source: the values of all columns, as the target takes them.
  ///   - target: those that stand there.
  func text(
    _ kind: DifferenceKind, source: [RowDifference.Value]?, target: [RowDifference.Value]?, differing: Set<Identifier>
  ) -> String? {
    switch kind {
    case .sourceOnly: source.map { insert($0).script }
    case .differs:
      if let source, let target { update(source, target, differing)?.script } else { nil }
    case .targetOnly: target.flatMap { delete($0)?.script }
    case .protected, .rewritten, .rejected, .changing: nil
    }
  }

  private func insert(_ values: [RowDifference.Value]) -> SQL {
    var names = table.columns.map(\.name)
    var literals = zip(table.columns, values).map { literal($1.value, $0) }
    if let origin = table.origin {
      names.append(origin.column)
      literals.append(origin.value)
    }
    for stamp in [table.createdStamp, table.updatedStamp].compactMap(\.self) {
      names.append(stamp)
      literals.append("pg_catalog.now()")
    }
    let list = names.map { "\($0)" as SQL }.joined(separator: ", ")
    let overriding: SQL = table.overridesIdentity ? " OVERRIDING SYSTEM VALUE" : ""
    return """
      INSERT INTO \(table.target) (\(list))\(overriding) VALUES (\(literals.joined(separator: ", "))) \
      ON CONFLICT DO NOTHING
      """
  }

  private func update(
    _ source: [RowDifference.Value], _ target: [RowDifference.Value], _ differing: Set<Identifier>
  ) -> SQL? {
    guard let key = isRow(target) else { return nil }
    let changed = zip(table.columns, zip(source, target)).filter { differing.contains($0.0.name) }
    guard !changed.isEmpty else { return nil }
    let stamp = table.updatedStamp.map { "\($0) = pg_catalog.now()" as SQL }
    let set = changed.map { "\($0.name) = \(literal($1.0.value, $0))" as SQL } + [stamp].compactMap(\.self)
    let names = changed.map { "t.\($0.0.name)" as SQL }.joined(separator: ", ")
    let seen = changed.map { literal($1.1.value, $0) }.joined(separator: ", ")
    return """
      UPDATE \(table.targetRows) AS t SET \(set.joined(separator: ", ")) WHERE \(key) \
      AND ROW(\(names))::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(\(seen))::pg_catalog.record
      """
  }

  private func delete(_ target: [RowDifference.Value]) -> SQL? {
    isRow(target).map { "DELETE FROM \(table.targetRows) AS t WHERE \($0)" }
  }

  /// Whether `t` is the row with this key, and ours. `nil` where a part of the key is NULL.
  private func isRow(_ values: [RowDifference.Value]) -> SQL? {
    if table.key.pairing != nil { return isOneLike(values) }
    let byName = Dictionary(zip(table.columns.map(\.name), values), uniquingKeysWith: { first, _ in first })
    var conditions: [SQL] = []
    for (column, equality) in zip(table.key.columns, table.key.equality) {
      guard let value = byName[column.name]?.value else { return nil }
      conditions.append("t.\(column.name) \(equality) \(literal(value, column))")
    }
    return (conditions + [table.origin?.isOurs("t")].compactMap(\.self)).joined(separator: " AND ")
  }

  /// Whether `t` is one of the rows that hold these values, and ours: where the source knows no key, any of them will do.
  private func isOneLike(_ values: [RowDifference.Value]) -> SQL {
    let names = table.columns.map { "c.\($0.name)" as SQL }.joined(separator: ", ")
    let seen = zip(table.columns, values).map { literal($1.value, $0) }.joined(separator: ", ")
    let conditions =
      ["ROW(\(names))::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(\(seen))::pg_catalog.record" as SQL]
      + [table.origin?.isOurs("c")].compactMap(\.self)
    return """
      ROW(t.tableoid, t.ctid) OPERATOR(pg_catalog.=) (SELECT c.tableoid, c.ctid FROM \(table.targetRows) AS c \
      WHERE \(conditions.joined(separator: " AND ")) ORDER BY c.tableoid DESC, c.ctid DESC LIMIT 1)
      """
  }

  /// A value as a constant without a line break.
  private func literal(_ value: String?, _ column: ColumnPlan) -> SQL {
    guard let value else { return "NULL::\(column.type)" }
    guard value.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) else {
      return "\(literal: value)::\(column.type)"
    }
    // By scalars: to the server a quote stays one, whatever mark combines with it.
    let escaped = value.unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\\": "\\\\"
      case "'": "''"
      default: String(scalar)
      }
    }
    return "\(raw: "E'" + escaped.joined() + "'")::\(column.type)"
  }
}
