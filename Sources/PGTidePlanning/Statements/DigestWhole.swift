import PostgresValues

/// What an end says of a whole table: one line, however many rows it has.
package struct DigestWhole: Sendable, Equatable {
  package let rows: Int
  /// What its buckets say, put together, or its rows, where the ends keep no buckets.
  package let look: Int64

  package init(rows: Int, look: Int64) {
    self.rows = rows
    self.look = look
  }

  package init(_ answer: QueryResult) {
    self.init(rows: answer.rows.first?.int(0) ?? 0, look: answer.rows.first?[1].flatMap(Int64.init) ?? 0)
  }
}
