import Postgres

/// The source's rows as they are meant to be, and the edits of its users.
struct Office: Sendable {
  private var own: SuiteRows = [:]
  /// Every text is written once only, so that each row shows which edit it is from.
  private var edits = 0
  /// The largest key that each table has had: none is used twice.
  private var lastKeys: [String: Int] = [:]

  /// As the target is to have them: with what is looked up.
  var rows: SuiteRows {
    var rows = own
    for table in SuiteTable.all where table.way == .lookup {
      let parents = own[table.parent ?? ""] ?? [:]
      rows[table.name] = (own[table.name] ?? [:]).mapValues { row in
        SuiteRow(ref: row.ref, note: row.ref.flatMap { parents[$0]?.note } ?? row.note, n: row.n)
      }
    }
    return rows
  }

  /// An edit's statements, and the keys that it made.
  struct Edit: Sendable {
    var statements: [SQL] = []
    var newKeys: [String: [Int]] = [:]
  }

  /// The first rows of all tables.
  mutating func fill(_ generator: inout SeededGenerator) -> Edit {
    var edit = Edit()
    for table in SuiteTable.all { insert(table.rows, into: table, &edit, &generator) }
    // The plan's chunks go by the statistics.
    edit.statements.append("ANALYZE")
    return edit
  }

  /// A day's work: some rows of most tables change, a few are new, and a few go; now and then all rows of a table change.
  mutating func work(_ generator: inout SeededGenerator) -> Edit {
    var edit = Edit()
    for table in SuiteTable.all where generator.chance(0.8) {
      let keys = (own[table.name] ?? [:]).keys.sorted()
      let count = generator.chance(0.1) ? keys.count : generator.number(1...max(1, min(12, keys.count)))
      change(Array(keys.shuffled(using: &generator).prefix(count)), of: table, &edit, &generator)
      let removed = generator.number(0...4)
      if table.way != .byChanges { remove(removed, from: table, &edit, &generator) }
      insert(generator.number(0...3), into: table, &edit, &generator)
    }
    return edit
  }

  private mutating func insert(
    _ count: Int, into table: SuiteTable, _ edit: inout Edit, _ generator: inout SeededGenerator
  ) {
    let last = lastKeys[table.name] ?? 0
    guard count > 0 else { return }
    lastKeys[table.name] = last + count
    let keys = Array(last + 1...last + count)
    for key in keys { write(key, of: table, &generator) }
    edit.newKeys[table.name] = keys
    edit.statements.append("INSERT INTO \(table.qualified) (id, ref, note, n) \(values(of: table, keys))")
  }

  /// Rows to which none of the office's refers.
  private mutating func remove(
    _ count: Int, from table: SuiteTable, _ edit: inout Edit, _ generator: inout SeededGenerator
  ) {
    let free = (own[table.name] ?? [:]).keys.filter { table.isLeaf || $0 > table.rows }.sorted()
    let keys = free.shuffled(using: &generator).prefix(count)
    guard !keys.isEmpty else { return }
    for key in keys { own[table.name]?[key] = nil }
    edit.statements.append(
      "DELETE FROM \(table.qualified) WHERE id = ANY (\(bind: arrayText(keys.map(String.init)))::int[])")
  }

  private mutating func change(
    _ keys: [Int], of table: SuiteTable, _ edit: inout Edit, _ generator: inout SeededGenerator
  ) {
    for key in keys { write(key, of: table, &generator) }
    guard !keys.isEmpty else { return }
    edit.statements.append(
      """
      UPDATE \(table.qualified) t SET ref = v.ref, note = v.note, n = v.n\(table.alsoSet)
      FROM (\(values(of: table, keys))) v (id, ref, note, n) WHERE t.id = v.id
      """)
  }

  private mutating func write(_ key: Int, of table: SuiteTable, _ generator: inout SeededGenerator) {
    edits += 1
    let note = "office \(edits) ".padded(to: table.width)
    own[table.name, default: [:]][key] = SuiteRow(
      ref: reference(of: table, key, &generator), note: note, n: generator.number(0...999))
  }

  /// A row that stands already, or stands as soon as the table itself is full: of its own table, one before it.
  private func reference(of table: SuiteTable, _ key: Int, _ generator: inout SeededGenerator) -> Int? {
    guard let parent = SuiteTable.all.first(where: { $0.name == table.parent }),
      !generator.chance(table.way == .lookup ? 0 : 0.1)
    else { return nil }
    if parent == table { return key > 1 ? generator.number(1...min(key - 1, table.rows)) : nil }
    return generator.number(1...parent.rows)
  }

  /// The rows of these keys as the text arrays of one statement.
  private func values(of table: SuiteTable, _ keys: [Int]) -> SQL {
    let rows = keys.compactMap { own[table.name]?[$0] }
    let ids = arrayText(keys.map(String.init))
    let references = arrayText(rows.map { $0.ref.map(String.init) })
    let notes = arrayText(rows.map(\.note))
    let numbers = arrayText(rows.map { String($0.n) })
    return """
      SELECT * FROM ROWS FROM (
        unnest(\(bind: ids)::int[]), unnest(\(bind: references)::int[]), unnest(\(bind: notes)::text[]),
        unnest(\(bind: numbers)::int[]))
      """
  }
}

extension String {
  /// Filled up with a repeated letter.
  func padded(to width: Int) -> String { self + String(repeating: "x", count: max(0, width - utf8.count)) }
}
