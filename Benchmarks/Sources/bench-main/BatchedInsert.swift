import ArgumentParser
import Postgres

/// The kind of engine that pgtide replaces: reads each table through a cursor and sends its rows on in INSERTs of 1,000,
/// which overwrite every source-owned row that they find, changed or not.
struct BatchedInsert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batched-insert", abstract: "Sync with INSERTs of 1,000 rows; one of the contenders."
  )

  @Argument var source: String
  @Argument var target: String
  @Option var data = BenchData.practice

  private static let batchRows = 1000

  func run() async throws {
    try await withConnection(options("source", source)) { source in
      try await withConnection(options("target", target)) { target in
        try await source.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in data.tables { try await copy(table, from: source, to: target) }
        try await source.query("COMMIT")
      }
    }
  }

  private func options(_ label: String, _ string: String) -> ConnectionOptions {
    ConnectionOptions(label: label, connectionString: string, applicationName: "batched")
  }

  /// One transaction a table.
  private func copy(_ table: BenchTable, from source: Connection, to target: Connection) async throws {
    let facts = try await target.query(SQL(raw: TableShape.question(table))).rows[0]
    let shape = TableShape(table, columns: facts.text(0), casts: facts.text(1))
    let columns = shape.columns.joined(separator: ", ")
    try await target.query("BEGIN")
    try await source.query(SQL(raw: "DECLARE rows NO SCROLL CURSOR FOR SELECT \(columns) FROM public.\(table.source)"))
    var rows: [QueryResult.Row]
    repeat {
      rows = try await source.query("FETCH \(Self.batchRows) FROM rows").rows
      if !rows.isEmpty { try await target.query(SQL(raw: Self.insert(rows, shape))) }
    } while rows.count == Self.batchRows
    try await source.query("CLOSE rows")
    try await target.query("COMMIT")
  }

  private static func insert(_ rows: [QueryResult.Row], _ shape: TableShape) -> String {
    var text = "INSERT INTO public.\(shape.table.target) AS t (\(shape.columns.joined(separator: ", ")), source, "
    text += "created_at, updated_at) VALUES "
    for (number, row) in rows.enumerated() {
      text += number == 0 ? "(" : ", ("
      for column in shape.columns.indices {
        text += row[column].map(literal) ?? "NULL"
        text += ", "
      }
      text += "'D', now(), now())"
    }
    let changes = shape.columns.map { "\($0) = EXCLUDED.\($0)" }.joined(separator: ", ")
    return text + " ON CONFLICT (\(shape.table.key)) DO UPDATE SET \(changes), updated_at = now() "
      + "WHERE t.source = 'D' OR t.source IS NULL"
  }

  /// As a server reads it that has `standard_conforming_strings` on, as all do.
  private static func literal(_ value: String) -> String {
    value.utf8.contains(UInt8(ascii: "'")) ? "'\(value.replacing("'", with: "''"))'" : "'\(value)'"
  }
}
