import PostgresValues

/// A sequence that is moved when rows have gone into its table.
package struct SequencePlan: Sendable {
  package let sequence: ColumnSequence
  package let column: ColumnPlan
  /// The column's values may have fractions.
  package let isNumeric: Bool

  package init(sequence: ColumnSequence, column: ColumnPlan, isNumeric: Bool) {
    self.sequence = sequence
    self.column = column
    self.isNumeric = isNumeric
  }

  /// Whether what was written may have brought the column a number that the sequence has not reached.
  package func mayFallBehind(_ counts: RowCounts) -> Bool {
    counts.inserted > 0 || counts.updated > 0 && column.isSet
  }
}
