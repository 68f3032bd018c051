import PostgresValues

extension QueryResult.Row {
  package func oid(_ column: Int) -> UInt32? { self[column].flatMap(UInt32.init) }

  /// An array of names.
  package func names(_ column: Int) -> [Identifier] { array(column).compactMap { $0.map { Identifier($0) } } }
}
