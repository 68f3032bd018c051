import Postgres

/// All rows of one end, table by table.
struct DatabaseState: Sendable, Equatable {
  /// By table number; tables that the end does not have are empty.
  var tables: [TableState]
  /// By table number: what its lookup table says, number by number.
  var lookups: [Int: [(number: String?, value: String?)]] = [:]
  /// Of each sequence of the target, by its table and column, the number that it gives next.
  var sequences: [String: Int] = [:]

  /// No row has another version. Numbers may have been drawn for rows that the target refused.
  func hasSameRows(as other: DatabaseState) -> Bool { tables == other.tables }

  static func == (one: DatabaseState, other: DatabaseState) -> Bool {
    one.tables == other.tables && one.sequences == other.sequences
  }

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
    var state = try await read(schema, schema.runTables, connection) {
      (schema.sourceName($0), schema.sourceColumns($0).map(\.name))
    }
    for table in schema.runTables where schema.tables[table].looked != nil {
      let answer = try await connection.query(SQL(raw: "SELECT * FROM \(schema.lookupTable(table))"))
      state.lookups[table] = answer.rows.map { ($0[0], $0[1]) }
    }
    return state
  }

  static func target(_ schema: RandomSchema, _ connection: Connection) async throws -> DatabaseState {
    var state = try await read(schema, schema.liveTables, connection) {
      (schema.targetName($0), schema.targetColumns($0))
    }
    let sequences = try await connection.query(
      """
      SELECT c.relname, a.attname, coalesce(pg_sequence_last_value(d.objid) + 1, s.seqstart)
      FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class c ON c.oid = d.refobjid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND c.relnamespace = (
        SELECT oid FROM pg_namespace WHERE nspname = \(bind: schema.targetSchema))
      """)
    state.sequences = Dictionary(
      uniqueKeysWithValues: sequences.rows.map { row in
        (sequenceName(table: row.text(0), column: row.text(1)), row.int(2) ?? 0)
      })
    return state
  }

  static func sequenceName(table: String, column: String) -> String { "sequence of \(column) in \(table)" }

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
