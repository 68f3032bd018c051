import Postgres

/// A question to the target: does a column take a value that the configuration writes out?
///
/// Asked before the first row, because such a value is the same in every row: it would fail the whole table.
struct ValueTrial: Sendable {
  let subject: Subject
  /// One row: whether the value keeps what it is, and (of a constant) whether it is one at all.
  let statement: SQL

  enum Subject: Hashable, Sendable {
    case constant(TableName, column: String)
    /// What the marker holds in our rows.
    case marker(TableName)
  }

  /// The questions about all tables that the target has.
  static func trials(_ configuration: SyncConfiguration, _ catalog: Catalog) -> [ValueTrial] {
    configuration.tables.flatMap { table -> [ValueTrial] in
      guard let facts = catalog.tables[configuration.targetName(table.target)] else { return [] }
      var trials = table.columns.compactMap { mapping -> ValueTrial? in
        guard case .constant(let value) = mapping.value, let column = facts.column(mapping.column) else { return nil }
        return ValueTrial(
          subject: .constant(table.target, column: mapping.column), statement: constant(value, for: column.type))
      }
      if case .marker(let column, let ours) = table.origin ?? configuration.origin, let marker = facts.column(column) {
        trials.append(ValueTrial(subject: .marker(table.target), statement: self.marker(ours, for: marker.type)))
      }
      return trials
    }
  }

  private static func constant(_ value: String?, for type: TypeFacts) -> SQL {
    let base: SQL = "\(bind: value)::\(raw: type.baseSQL)"
    let fits = LengthCheck.condition(base, type) ?? "true"
    // The cast with its length comes last: where it would cut or fail, the first answer is the one that counts.
    return "SELECT \(fits), CASE WHEN \(fits) THEN \(base)::\(raw: type.sql) IS NOT NULL END"
  }

  /// The marker is compared with `=`. In a text it must read back as the configuration writes it, but for blanks at the
  /// end, which a `char(n)` does not keep.
  private static func marker(_ ours: String, for type: TypeFacts) -> SQL {
    let value: SQL = "\(bind: ours)::\(raw: type.sql)"
    guard BuiltinType.isText(type.baseOID) else { return "SELECT \(value) = \(value)" }
    return "SELECT pg_catalog.rtrim(\(value)::text) = pg_catalog.rtrim(\(bind: ours)::text)"
  }
}
