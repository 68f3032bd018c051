import PGTide

/// One change of one row, by the office or by the app.
///
/// A row is named by its place in the table's order, counted modulo the number of rows: what is there when the edit runs
/// need not be known beforehand, and the same edits do the same again.
struct Edit: Sendable {
  var end: End
  var table: Int
  var change: Change
  /// By the names that the columns have on that end. `nil` is NULL.
  var values: [(column: String, value: String?)]

  enum End: Sendable { case source, target }
  enum Change: Sendable {
    case insert
    case update(row: Int)
    case delete(row: Int)
    /// Inserts a row again, with some of its values changed.
    case copy(row: Int)
    case analyze
    /// All rows of the table go.
    case empty
    /// Rows next to each other pass a column's value round; with `end`, the last one gets that in place of the first one's.
    case pass(column: String, row: Int, count: Int, end: String?)
    /// A row goes, and the next one takes its value.
    case takeOver(column: String, row: Int)
    /// Gives the lookup table this value under a number, beside what is there or in place of it.
    case look(number: Int, value: String?, replaces: Bool)
    case forgetLook(number: Int)
  }

  func sql(_ schema: RandomSchema) -> String {
    let relation = end == .source ? schema.sourceName(table) : schema.targetName(table)
    let live = Set(end == .source ? schema.sourceColumns(table).map(\.name) : schema.targetColumns(table))
    let values = values.filter { live.contains($0.column) }
    let names = values.map { RandomSchema.name($0.column) }
    let literals = values.map { RandomSchema.literal($0.value) }
    switch change {
    case .insert:
      let list = "(\(names.joined(separator: ", ")))"
      return names.isEmpty
        ? "INSERT INTO \(relation) DEFAULT VALUES"
        : "INSERT INTO \(relation) \(list) VALUES (\(literals.joined(separator: ", ")))"
    case .update(let row):
      guard !values.isEmpty else { return "SELECT" }
      let assignments = zip(names, literals).map { "\($0) = \($1)" }.joined(separator: ", ")
      return "UPDATE \(relation) SET \(assignments) WHERE ctid = \(place(row, relation, schema))"
    case .delete(let row):
      return "DELETE FROM \(relation) WHERE ctid = \(place(row, relation, schema))"
    case .copy(let row):
      let columns = schema.sourceColumns(table)
      let changed = Dictionary(values.map { ($0.column, $0.value) }, uniquingKeysWith: { _, last in last })
      let selected = columns.map { column in
        changed[column.name].map { "\(RandomSchema.literal($0))::\(column.type)" } ?? RandomSchema.name(column.name)
      }
      return "INSERT INTO \(relation) SELECT \(selected.joined(separator: ", ")) FROM \(relation) "
        + "WHERE ctid = \(place(row, relation, schema))"
    case .analyze: return "ANALYZE \(relation)"
    case .empty: return "DELETE FROM \(relation)"
    case .pass(let column, let row, let count, let end):
      guard live.contains(column) else { return "SELECT" }
      let name = RandomSchema.name(column)
      let last = end.map { "CASE WHEN p.n = p.count THEN \(typed($0, column, schema)) ELSE o.value END" } ?? "o.value"
      return "WITH \(picked(name, row, count, relation, schema)) UPDATE \(relation) t SET \(name) = \(last) "
        + "FROM picked p, picked o WHERE o.n = p.n % p.count + 1 AND t.ctid = p.place"
    case .takeOver(let column, let row):
      guard live.contains(column) else { return "SELECT" }
      let name = RandomSchema.name(column)
      return "WITH \(picked(name, row, 2, relation, schema)), "
        + "gone AS (DELETE FROM \(relation) t USING picked p WHERE p.n = 1 AND p.count = 2 AND t.ctid = p.place) "
        + "UPDATE \(relation) t SET \(name) = o.value FROM picked p, picked o WHERE o.n = 1 AND p.n = 2 AND t.ctid = p.place"
    case .look(let number, let value, let replaces):
      guard let looked = schema.tables[table].looked else { return "SELECT" }
      let lookups = schema.lookupTable(table)
      let clearing =
        replaces
        ? "WITH gone AS (DELETE FROM \(lookups) WHERE \(RandomSchema.name(RandomSchema.lookupNumber)) = \(number)) "
        : ""
      let type = schema.sourceType(schema.tables[table].columns[looked].type)
      return "\(clearing)INSERT INTO \(lookups) VALUES (\(number), \(RandomSchema.literal(value))::\(type))"
    case .forgetLook(let number):
      guard schema.tables[table].looked != nil else { return "SELECT" }
      return
        "DELETE FROM \(schema.lookupTable(table)) WHERE \(RandomSchema.name(RandomSchema.lookupNumber)) = \(number)"
    }
  }

  /// Rows next to each other: their places, a column's values, and the order.
  private func picked(
    _ name: String, _ row: Int, _ count: Int, _ relation: String, _ schema: RandomSchema
  ) -> String {
    let first = "\(row) % greatest(1, (SELECT count(*) FROM \(relation)))"
    return "picked AS (SELECT place, value, row_number() OVER (ORDER BY number) AS n, count(*) OVER () AS count FROM ("
      + "SELECT ctid AS place, \(name) AS value, row_number() OVER (ORDER BY \(order(schema))) AS number FROM \(relation)) r "
      + "WHERE number > \(first) AND number <= \(first) + \(count))"
  }

  private func typed(_ value: String, _ column: String, _ schema: RandomSchema) -> String {
    let type = schema.sourceColumns(table).first { $0.name == column }?.type ?? "text"
    return "\(RandomSchema.literal(value))::\(type)"
  }

  /// The row's address. Stamps and surrogate keys are no part of the order: they differ from run to run.
  private func place(_ row: Int, _ relation: String, _ schema: RandomSchema) -> String {
    "(SELECT ctid FROM \(relation) ORDER BY \(order(schema)) "
      + "OFFSET \(row) % greatest(1, (SELECT count(*) FROM \(relation))) LIMIT 1)"
  }

  private func order(_ schema: RandomSchema) -> String {
    let table = schema.tables[table]
    let columns =
      end == .source
      ? schema.sourceColumns(self.table).map(\.name)
      : table.live.map { table.columns[$0].name } + (table.marker.map { [$0.column] } ?? [])
    return columns.map { "\(RandomSchema.name($0))::text" }.joined(separator: ", ")
  }
}

/// Edits on both ends, and the sync that follows them.
struct Round: Sendable {
  var edits: [Edit]
  var settings: RoundSettings
}

/// How a round syncs.
struct RoundSettings: Sendable, CustomStringConvertible {
  var jobs = 1
  var chunkBytes = 16 << 20
  var chunkRows: Int?
  /// A dry run goes before the real one.
  var isRehearsed = false
  var isAtomic = false
  var maxRejects: Int?
  /// A second sync follows at once, and must write nothing.
  var isRepeated = false
  var keyCache = KeyCacheRule.off
  /// A sync goes before it that is stopped at this event.
  var stopsAt: Int?

  var description: String {
    "jobs \(jobs), chunk bytes \(chunkBytes), chunk rows \(chunkRows.map { "\($0)" } ?? "any")"
      + (isRehearsed ? ", a dry run first" : "") + (isAtomic ? ", atomic" : "")
      + (maxRejects.map { ", at most \($0) rejects" } ?? "") + (isRepeated ? ", twice" : "")
      + (stopsAt.map { ", behind one that stops at event \($0)" } ?? "")
      + (keyCache == .on ? ", with the key cache" : "")
  }
}

/// One case: a schema, and rounds of edits and syncs. The first round's edits are the rows at the start.
struct PropertyCase: Sendable {
  var seed: UInt64
  var schema: RandomSchema
  var rounds: [Round]
}
