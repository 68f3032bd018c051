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
  ///
  /// Throws if a value is no UTF-8: who works with it would go on with another one.
  func queryResult(connection: String, statement: String?) throws(PostgresError) -> QueryResult {
    let columnCount = unsafe PQnfields(pointer)
    let rowCount = unsafe PQntuples(pointer)
    let columns = (0..<columnCount).map { unsafe String(cString: PQfname(pointer, $0)) }
    var rows: [QueryResult.Row] = []
    rows.reserveCapacity(Int(rowCount))
    for row in 0..<rowCount {
      var values: [String?] = []
      values.reserveCapacity(Int(columnCount))
      for column in 0..<columnCount {
        // Row and column lie within the counts that this result gave.
        guard unsafe PQgetisnull(pointer, row, column) == 0 else {
          values.append(nil)
          continue
        }
        guard let value = unsafe String(validatingCString: PQgetvalue(pointer, row, column)) else {
          throw PostgresError(
            kind: .statement, connection: connection, sqlState: SQLState.characterNotInRepertoire,
            message: "a value of \(columns[Int(column)]) holds bytes that are no UTF-8", statement: statement)
        }
        values.append(value)
      }
      rows.append(QueryResult.Row(values: values))
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
      message: unsafe field("M") ?? String.escaping(PQresultErrorMessage(pointer)).trimmingTrailingNewlines,
      detail: field("D"), hint: field("H"), context: field("W"),
      table: field("t").map { table in field("s").map { "\($0).\(table)" } ?? table },
      column: field("c"), constraint: field("n"), routine: field("R"), statement: statement)
  }

  /// A field of an error report, by its code (manual, "55.8 Error and Notice Message Fields").
  private func field(_ code: Unicode.Scalar) -> String? {
    unsafe PQresultErrorField(pointer, Int32(code.value)).map { unsafe String.escaping($0) }
  }
}

extension String {
  /// A message, in which a byte that is no UTF-8 is shown as `\x` and its number, and not as a character that it is not.
  static func escaping(_ text: UnsafePointer<CChar>) -> String {
    if let valid = unsafe String(validatingCString: text) { return valid }
    var shown = ""
    // A C string ends with a NUL.
    let bytes = unsafe sequence(first: text) { unsafe $0 + 1 }.lazy.map { unsafe UInt8(bitPattern: $0.pointee) }
    var rest = unsafe Array(bytes.prefix { $0 != 0 })[...]
    while let first = rest.first {
      // A character takes up to four bytes; the shortest valid beginning is one.
      let character = (1...Swift.min(4, rest.count)).lazy.compactMap {
        String(validating: rest.prefix($0), as: UTF8.self)
      }.first
      shown += character ?? "\\x" + (first < 16 ? "0" : "") + String(first, radix: 16)
      rest = rest.dropFirst(character?.utf8.count ?? 1)
    }
    return shown
  }
}
