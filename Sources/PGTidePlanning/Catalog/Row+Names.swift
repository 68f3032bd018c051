import Postgres

extension QueryResult.Row {
  func oid(_ column: Int) -> UInt32? { self[column].flatMap(UInt32.init) }

  /// An array of names.
  func names(_ column: Int) -> [Identifier] { array(column).compactMap { $0.map { Identifier($0) } } }
}
