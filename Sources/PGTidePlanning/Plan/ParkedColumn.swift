import PostgresValues

/// A column that gives up its unique value for a moment, so that rows which exchange theirs can be written one after the
/// other.
package struct ParkedColumn: Sendable {
  package let column: ColumnPlan
  /// What it holds meanwhile.
  package let place: Place

  package enum Place: Sendable {
    /// No value, which a unique index takes as often as it comes.
    case null
    /// A value that is likely to be free: `row` numbers the rows.
    case value(@Sendable (_ row: SQL) -> SQL)
  }

  package init(_ column: ColumnPlan, _ place: Place) {
    self.column = column
    self.place = place
  }
}
