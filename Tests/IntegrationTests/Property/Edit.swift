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
    }
  }

  /// The row's address. Stamps and surrogate keys are no part of the order: they differ from run to run.
  private func place(_ row: Int, _ relation: String, _ schema: RandomSchema) -> String {
    let table = schema.tables[table]
    let columns =
      end == .source
      ? schema.sourceColumns(self.table).map(\.name)
      : table.live.map { table.columns[$0].name } + (table.marker.map { [$0.column] } ?? [])
    let order = columns.map { "\(RandomSchema.name($0))::text" }.joined(separator: ", ")
    return "(SELECT ctid FROM \(relation) ORDER BY \(order) "
      + "OFFSET \(row) % greatest(1, (SELECT count(*) FROM \(relation))) LIMIT 1)"
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

  var description: String {
    "jobs \(jobs), chunk bytes \(chunkBytes), chunk rows \(chunkRows.map { "\($0)" } ?? "any")"
      + (isRehearsed ? ", a dry run first" : "") + (isAtomic ? ", atomic" : "")
      + (maxRejects.map { ", at most \($0) rejects" } ?? "") + (isRepeated ? ", twice" : "")
      + (keyCache == .on ? ", with the key cache" : "")
  }
}

/// One case: a schema, and rounds of edits and syncs. The first round's edits are the rows at the start.
struct PropertyCase: Sendable {
  var seed: UInt64
  var schema: RandomSchema
  var rounds: [Round]
}
