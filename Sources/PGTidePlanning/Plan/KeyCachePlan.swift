import PostgresValues

/// How a table's rows that lack a parent are told from the others on the way, and what crosses of them.
package struct KeyCachePlan: Sendable {
  package let references: [CachedReference]
  /// Places, among the stage's columns, of those that a verdict may rest on. Only these cross of a row that is held back.
  package let deciding: [Int]

  /// `nil` where nothing is to be saved: no reference can be asked for, every column decides, or a rule for duplicates
  /// chooses among rows by their whole content.
  package init?(columns: [ColumnPlan], references: [ReferencePlan], duplicates: DuplicatePlan) {
    guard case .rejectAll = duplicates else { return nil }
    let staged = columns.compactMap(\.staged).map(\.name)
    self.references = references.compactMap { CachedReference($0, among: staged) }
    let referring = Set(references.flatMap(\.columns).map(\.name))
    deciding = columns.filter { $0.staged != nil }.enumerated().filter { _, column in
      column.isKey || column.isNotNull || column.fits != nil || referring.contains(column.name)
    }.map(\.offset)
    guard !self.references.isEmpty, deciding.count < staged.count else { return nil }
  }
}

extension KeyCachePlan {
  /// The stage's columns that a row in its short form has.
  package func shortColumns(_ stage: StageTable) -> [Identifier] {
    deciding.map { stage.columns[$0].name } + [StageTable.heldColumn]
  }
}

/// A reference whose keys can be asked for.
package struct CachedReference: Sendable {
  package let name: Identifier
  package let parent: ParentKey
  /// Place of the referring column among the stage's.
  package let field: Int

  /// Of one column, of a type whose values have one form in bytes. Of all others the comparison alone decides.
  fileprivate init?(_ reference: ReferencePlan, among staged: [Identifier]) {
    guard reference.isChecked, reference.columns.count == 1, let column = reference.columns[0].staged,
      let type = KeyType(rawValue: column.type.text), reference.columns[0].type.text.hasPrefix(column.type.text),
      let field = staged.firstIndex(of: column.name)
    else { return nil }
    name = reference.name
    self.field = field
    parent = ParentKey(
      table: reference.parent, column: reference.parentColumns[0], equality: reference.equality[0], type: type)
  }
}

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

/// Types whose values can be read out of a binary tuple, as the server names them.
package enum KeyType: String, Sendable {
  case int2 = "smallint"
  case int4 = "integer"
  case int8 = "bigint"
  case numeric
  case uuid = "pg_catalog.uuid"
  case text = "pg_catalog.text"
  case varchar = "character varying"

  /// The value in PostgreSQL's text form; `nil` for what is too long to be remembered, or nothing that we know.
  package func text(_ bytes: ArraySlice<UInt8>) -> String? {
    switch self {
    case .int2, .int4, .int8: "\(Self.integer(bytes))"
    case .numeric: Self.numericText(bytes)
    case .uuid: bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case .text, .varchar: bytes.count > 200 ? nil : String(validating: bytes, as: UTF8.self)
    }
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(bytes.first ?? 0 >= 0x80 ? -1 : 0) { $0 << 8 | Int64($1) }
  }

  /// A number as the server sends it: how many digits to the base of 10,000 there are, the power of the first, the sign,
  /// the scale, and the digits, all of two bytes (`numeric_send`).
  ///
  /// The same number with another scale has other bytes, and is asked for once more; to the server they are one.
  private static func numericText(_ bytes: ArraySlice<UInt8>) -> String? {
    func word(_ number: Int) -> Int {
      Int(bytes[bytes.startIndex + 2 * number]) << 8 | Int(bytes[bytes.startIndex + 2 * number + 1])
    }
    guard bytes.count >= 8, bytes.count == 8 + 2 * word(0), word(2) == 0 || word(2) == 0x4000 else { return nil }
    let weight = Int(Int16(truncatingIfNeeded: word(1)))
    var text: [UInt8] = word(2) == 0 ? [] : [UInt8(ascii: "-")]
    if word(0) == 0 { text.append(UInt8(ascii: "0")) }
    for number in 0..<word(0) {
      let digit = word(4 + number)
      for power in [1000, 100, 10, 1] { text.append(UInt8(ascii: "0") + UInt8(digit / power % 10)) }
    }
    return String(decoding: text, as: UTF8.self) + "e\(4 * (weight - word(0) + 1))"
  }

  /// An array of such values in the form that PostgreSQL reads.
  package func arrayText(_ values: [String]) -> String {
    switch self {
    // Nothing in them needs quotes.
    case .int2, .int4, .int8, .numeric, .uuid: "{" + values.joined(separator: ",") + "}"
    case .text, .varchar: PostgresValues.arrayText(values)
    }
  }
}
