import PostgresValues

/// Questions to the target: does a column take a value that the configuration writes out, does the server take a condition?
///
/// Asked before the first row, because such a value is the same in every row: it would fail the whole table. The same
/// question about several tables is asked once.
package enum ValueTrial {
  /// The questions about all tables that the target has.
  package static func questions(_ configuration: SyncConfiguration, _ catalog: Catalog) -> Set<SQL> {
    var questions: Set<SQL> = []
    for table in configuration.tables {
      guard let facts = catalog.tables[configuration.targetName(table.target)] else { continue }
      for mapping in table.columns {
        guard case .constant(let value) = mapping.value, let column = facts.column(mapping.column.identifier) else {
          continue
        }
        questions.insert(constant(value, for: column.type))
      }
      if case .marker(let column, let ours, _) = table.origin ?? configuration.origin,
        let marker = facts.column(column.identifier)
      {
        questions.insert(self.marker(ours, for: marker.type))
      }
      questions.formUnion(ReferenceTypes.trials(table, configuration, catalog))
      if let scope = table.scope { questions.formUnion(self.scope(scope, of: facts.name)) }
    }
    return questions
  }

  /// One row: whether the constant keeps what it is, and whether it is one at all.
  package static func constant(_ value: String?, for type: TypeFacts) -> SQL {
    let base: SQL = "\(bind: value)::\(raw: type.baseSQL)"
    let fits = LengthCheck.condition(base, type) ?? "true"
    // The cast with its length comes last: where it would cut or fail, the first answer is the one that counts.
    return "SELECT \(fits), CASE WHEN \(fits) THEN \(base)::\(raw: type.sql) IS NOT NULL END"
  }

  /// No rows, but the server reads the condition: as it will stand in a statement, and by itself, because a text that closes its
  /// parentheses and opens others, such as `a) OR (b`, is no condition.
  package static func scope(_ scope: String, of table: QualifiedName) -> [SQL] {
    let condition = SQL(users: scope)
    return ["SELECT FROM \(table) t WHERE (\(condition)) LIMIT 0", "SELECT FROM \(table) t WHERE \(condition) LIMIT 0"]
  }

  /// One row: whether the marker can be compared with our value, and reads back as the configuration writes it (but for
  /// blanks at the end, which a `char(n)` does not keep).
  package static func marker(_ ours: String, for type: TypeFacts) -> SQL {
    let value: SQL = "\(bind: ours)::\(raw: type.sql)"
    guard BuiltinType.isText(type.baseOID) else { return "SELECT \(value) OPERATOR(pg_catalog.=) \(value)" }
    return """
      SELECT pg_catalog.rtrim(\(value)::pg_catalog.text)
        OPERATOR(pg_catalog.=) pg_catalog.rtrim(\(bind: ours)::pg_catalog.text)
      """
  }
}
