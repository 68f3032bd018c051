import PostgresValues

/// What happens to source rows that share a key.
package enum DuplicatePlan: Sendable {
  case rejectAll
  /// One row goes in: the first by the staged column `column`.
  case keep(column: StagedColumn, descending: Bool)

  /// The stage's column for the order, which is no column of the target.
  package static let orderColumn = Identifier("pgtide duplicate order")
}
