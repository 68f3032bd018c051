import PostgresValues

/// What a foreign key does to the rows that refer to an updated one (manual, "CREATE TABLE", REFERENCES). The values are
/// those of `confupdtype`.
package enum UpdateAction: String, Sendable {
  case cascade = "c"
  case setNull = "n"
  case setDefault = "d"

  /// As SQL has it.
  package var name: String {
    switch self {
    case .cascade: "ON UPDATE CASCADE"
    case .setNull: "ON UPDATE SET NULL"
    case .setDefault: "ON UPDATE SET DEFAULT"
    }
  }
}
