import PostgresValues

/// Whether all values of a table survive as text.
package enum TextFormatCheck {
  /// Why the table's rows must travel in binary; `nil`: text carries all of them.
  ///
  /// Types without a binary form of their own cross as text in either format, so text can carry what binary can. The
  /// other way round there are two exceptions: a server older than 16 shows a `"char"` beyond ASCII as a byte that is no
  /// character of its encoding, which the other server refuses; and the text of a `money` is in the currency of the
  /// session that writes it, which the target's own code is to see as at home.
  package static func obstacle(_ columns: [StagedColumn]) -> String? {
    func names(_ types: Set<String>) -> String? {
      let names = columns.filter { types.contains(TypeName.short($0.type.text)) }.map(\.name.name)
      return names.isEmpty ? nil : names.joined(separator: ", ")
    }
    if let names = names([#""char""#, #""char"[]"#]) {
      return "its rows travel in binary, because a \"char\" may hold what is no text: \(names)"
    }
    if let names = names(["money", "money[]"]) {
      return "its rows travel in binary, because the text of a money depends on the session: \(names)"
    }
    return nil
  }

  /// Whether `value`, of the column's type, holds a NaN with a sign, which its text does not show; `nil` if it has no
  /// floats.
  package static func holdsNegativeNaN(_ value: SQL, _ column: StagedColumn) -> SQL? {
    let type = TypeName.short(column.type.text)
    let isArray = type.hasSuffix("[]")
    let element = isArray ? String(type.dropLast(2)) : type
    guard let send = sends[element] else { return nil }
    // How the server makes one (IEEE 754).
    let bits = element == "real" ? "ffc00000" : "fff8000000000000"
    let bytes: SQL = "pg_catalog.encode(pg_catalog.\(raw: isArray ? "array_send" : send)(\(value)), 'hex')"
    return "pg_catalog.strpos(\(bytes), \(literal: bits)) OPERATOR(pg_catalog.>) 0"
  }

  private static let sends = [
    "real": "float4send", "double precision": "float8send", "point": "point_send", "line": "line_send",
    "lseg": "lseg_send", "box": "box_send", "path": "path_send", "polygon": "poly_send", "circle": "circle_send",
  ]
}
