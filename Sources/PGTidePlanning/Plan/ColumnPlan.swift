import PostgresValues

/// A target column that the flow fills.
package struct ColumnPlan: Sendable {
  package let name: Identifier
  /// With its length, as SQL.
  package let type: SQL
  package var content: Content
  /// NULL cannot go in. A key column is never NULL either, but is told apart.
  package let isNotNull: Bool
  package let isKey: Bool
  /// An update sets it.
  package let isSet: Bool
  /// The value as the target will hold it, from the stage's row `s`; safe where `fits` holds.
  package let value: SQL
  /// `nil`: every value fits.
  package let fits: SQL?
  /// The staged value is of the target's type, though it may be longer than the column takes.
  package var isOfTargetType = false

  /// `nil`: its value is not looked up in another table.
  package var lookup: LookupPlan?
  /// Its value is looked up in another table of the target: the source sends NULL.
  package var isLookedUpOnTarget = false

  /// `nil`: no digest can tell its values apart.
  package var digestForm: DigestForm?
  package var isSortedFast = false

  /// The target's column takes the staged value as it is.
  package var isStoredAsStaged: Bool { isOfTargetType && fits == nil }

  package enum Content: Sendable {
    case staged(StagedColumn)
    case constant
  }

  package var staged: StagedColumn? { if case .staged(let staged) = content { staged } else { nil } }
}

extension ColumnPlan {
  /// The value, or NULL where it does not fit: for a join that runs before the check.
  package var guardedValue: SQL {
    fits.map { "CASE WHEN \($0) THEN \(value) END" } ?? value
  }
}
