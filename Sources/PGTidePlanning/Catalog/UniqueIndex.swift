import PostgresValues

/// A unique index, as far as it may identify rows.
package struct UniqueIndex: Sendable {
  package let name: Identifier
  package let columns: [Identifier]
  /// The operator that says "the same key", for each column, as SQL: `OPERATOR(pg_catalog.=)`.
  package let equality: [SQL]
  package let isPrimary: Bool
  /// Not deferrable: it is checked at once, so that it can arbitrate between rows.
  package let isImmediate: Bool
  package let isPartial: Bool
  package let isValid: Bool
  /// Two rows without a value are the same key to it (NULLS NOT DISTINCT).
  package var isNullsEqual = false
  /// It and a column of it differ about which texts are equal.
  package var hasOtherCollation = false
  /// It keeps ranges from overlapping: the same key is one that overlaps, and it cannot arbitrate.
  package var isWithoutOverlaps = false
}
