import PostgresValues

/// The rows of a small table on their way: of each column one array, in the text that one server writes and the other
/// reads.
///
/// An INSERT of them travels with other statements, where each COPY has to be waited for (docs/inside/experiments.md).
package struct RowArrays: Sendable {
  package let rows: Int
  /// By column; `nil` where there are no rows.
  package let arrays: [String?]

  package var bytes: Int { arrays.map { $0?.utf8.count ?? 0 }.reduce(0, +) }

  /// The answer to ``DirectLoadSQL/arrays(_:)``; `nil` if the rows are wider than their pages showed, or a text would not
  /// carry all of a value.
  package init?(_ answer: QueryResult) {
    guard let row = answer.rows.first else { return nil }
    rows = row.int(0) ?? 0
    arrays = (1..<answer.columns.count).map { row[$0] }
  }

  /// The most that the rows of a table take as text: all of it is in memory, and compressed values say little of their
  /// size.
  package static let mostBytes = 1 << 20
}

extension DirectLoadSQL {
  private var staged: [StagedColumn] { table.stagedColumns }

  /// Reads the rows of these chunks on the source, as arrays: one statement each, which answers no row if there is too
  /// much of them. Nor if one holds a NaN with a sign, which only its bytes show.
  package func arrays(_ chunks: [Chunk]) -> [SQL] {
    let arrays = staged.map { column in
      "pg_catalog.array_agg(rows.\(column.name)\(column.isArray ? "::pg_catalog.text" : ""))::pg_catalog.text" as SQL
    }
    return chunks.map { chunk in
      """
      SELECT \((["pg_catalog.count(*)"] + arrays).joined(separator: ", "))
      FROM (\(chunk.query)) AS rows
      HAVING COALESCE(pg_catalog.sum(pg_catalog.octet_length((rows.*)::pg_catalog.text)),
        0) OPERATOR(pg_catalog.<=) \(RowArrays.mostBytes)\(hasNoNegativeNaN)
      """
    }
  }

  private var hasNoNegativeNaN: SQL {
    let found = staged.compactMap { TextFormatCheck.holdsNegativeNaN("rows.\($0.name)", $0) }
    guard !found.isEmpty else { return "" }
    return "\n        AND NOT COALESCE(pg_catalog.bool_or(\(found.joined(separator: " OR "))), false)"
  }

  /// Inserts such rows, with the marker and the stamps.
  package func insert(_ rows: RowArrays?) -> SQL {
    let own: [(Identifier, SQL)] =
      [table.origin.map { ($0.column, $0.value) }].compactMap(\.self)
      + table.direct.stamps.map { ($0.name, "pg_catalog.now()") }
    let columns = staged.map { ($0.name, "rows.\($0.name)\($0.isArray ? "::\($0.type)" : "")" as SQL) } + own
    let arrays = staged.enumerated().map { place, column in
      "pg_catalog.unnest(\(bind: rows?.arrays[place])::\(column.isArray ? "pg_catalog.text" : column.type)[])" as SQL
    }
    let names = staged.map { "\($0.name)" as SQL }.joined(separator: ", ")
    return """
      INSERT INTO \(table.target) (\(columns.map { "\($0.0)" as SQL }.joined(separator: ", ")))\(table.overriding)
      SELECT \(columns.map(\.1).joined(separator: ", "))
      FROM ROWS FROM (\(arrays.joined(separator: ", "))) AS rows (\(names))
      """
  }
}

extension StagedColumn {
  /// Its values are arrays, which an array of them would not keep apart.
  fileprivate var isArray: Bool { type.text.hasSuffix("[]") }
}

extension TablePlan {
  /// What an INSERT needs that gives an identity its values.
  package var overriding: SQL { overridesIdentity ? " OVERRIDING SYSTEM VALUE" : "" }
}
