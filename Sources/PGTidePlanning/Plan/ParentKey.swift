import PostgresValues

/// What a referring value is looked for among.
package struct ParentKey: Sendable, Hashable {
  package let table: QualifiedName
  package let column: Identifier
  package let equality: SQL
  package let type: KeyType

  /// Which of so many values are no parent's, as their numbers from 1 on, and how many bytes it takes to ask.
  package func missing(among values: [String]) -> Question<(numbers: Set<Int>, bytes: Int)> {
    let keys = type.arrayText(values)
    let sql: SQL = """
      SELECT pg_catalog.string_agg(k.number::pg_catalog.text, ',')
      FROM pg_catalog.unnest(\(bind: keys)::\(raw: type.rawValue)[]) WITH ORDINALITY AS k (value,
        number)
      WHERE NOT EXISTS (SELECT FROM \(table) p WHERE p.\(column) \(equality) k.value)
      """
    return Question(sql) { answer in
      let text = answer.rows.first?.text(0) ?? ""
      let numbers = Set(text.split(separator: ",").compactMap { Int($0) })
      return (numbers, sql.text.utf8.count + keys.utf8.count + text.utf8.count)
    }
  }
}
