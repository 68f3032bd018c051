import Postgres

/// All rows of one end, table by table.
struct DatabaseState: Sendable, Equatable {
  /// By table number; tables that the end does not have are empty.
  var tables: [TableState]

  struct TableState: Sendable, Equatable {
    var columns: [String] = []
    var rows: [Row] = []
  }

  struct Row: Sendable, Equatable {
    /// Where the row stands and who wrote it: they change whenever it is written, even as it was.
    var version = Version()
    /// By the columns' names, as the server shows them.
    var values: [String: String?]

    subscript(column: String) -> String? { values[column] ?? nil }
  }

  struct Version: Sendable, Hashable {
    var place = ""
    var writer = ""
  }

  static func source(_ schema: RandomSchema, _ connection: Connection) async throws -> DatabaseState {
    try await read(schema, schema.runTables, connection) {
      (schema.sourceName($0), schema.sourceColumns($0).map(\.name))
    }
  }

  static func target(_ schema: RandomSchema, _ connection: Connection) async throws -> DatabaseState {
    try await read(schema, schema.liveTables, connection) { (schema.targetName($0), schema.targetColumns($0)) }
  }

  private static func read(
    _ schema: RandomSchema, _ tables: [Int], _ connection: Connection, _ describe: (Int) -> (String, [String])
  ) async throws -> DatabaseState {
    let described = tables.map(describe)
    let statements = described.map { relation, columns in
      SQL(raw: "SELECT \((["ctid", "xmin"] + columns.map(RandomSchema.name)).joined(separator: ", ")) FROM \(relation)")
    }
    let answers = try await connection.batch(statements)
    var state = DatabaseState(tables: schema.tables.map { _ in TableState() })
    for ((table, (_, columns)), answer) in zip(zip(tables, described), answers) {
      let rows = answer.rows.map { row in
        Row(
          version: Version(place: row.text(0), writer: row.text(1)),
          values: Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, row[$0 + 2]) }))
      }
      state.tables[table] = TableState(columns: columns, rows: rows)
    }
    return state
  }
}
