import CLibPQ

/// Owns one libpq result; it is freed with this value.
@safe struct ResultHandle: ~Copyable {
  let pointer: OpaquePointer

  /// Takes over a result that libpq returned.
  init(taking pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

  deinit { unsafe PQclear(pointer) }

  var status: ExecStatusType { unsafe PQresultStatus(pointer) }

  /// The number in the command tag: rows inserted, updated, deleted, selected, copied.
  var affectedRows: Int { unsafe Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

  var commandTag: String { unsafe String(cString: PQcmdStatus(pointer)) }

  /// The rows, copied.
  func queryResult() -> QueryResult {
    let columnCount = unsafe PQnfields(pointer)
    let rowCount = unsafe PQntuples(pointer)
    let columns = (0..<columnCount).map { unsafe String(cString: PQfname(pointer, $0)) }
    let rows = (0..<rowCount).map { row in
      QueryResult.Row(
        values: (0..<columnCount).map { column in
          // Row and column lie within the counts that this result gave.
          guard unsafe PQgetisnull(pointer, row, column) == 0 else { return nil }
          return unsafe String(cString: PQgetvalue(pointer, row, column))
        })
    }
    return QueryResult(
      columns: columns, rows: rows, affectedRows: affectedRows, commandTag: commandTag,
      descriptions: columnDescriptions())
  }

  /// What the server reported, as an error of this project.
  func error(connection: String, statement: String?) -> PostgresError {
    PostgresError(
      kind: .statement, connection: connection,
      sqlState: field("C"),
      message: unsafe field("M") ?? String(cString: PQresultErrorMessage(pointer)).trimmingTrailingNewlines,
      detail: field("D"), hint: field("H"), context: field("W"),
      table: field("t").map { table in field("s").map { "\($0).\(table)" } ?? table },
      column: field("c"), constraint: field("n"), routine: field("R"), statement: statement)
  }

  /// A field of an error report, by its code (manual, "55.8 Error and Notice Message Fields").
  private func field(_ code: Unicode.Scalar) -> String? {
    unsafe PQresultErrorField(pointer, Int32(code.value)).map { unsafe String(cString: $0) }
  }
}
