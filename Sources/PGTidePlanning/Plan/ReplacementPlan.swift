import PostgresValues

/// How rows that keep each other out of an index can take their new places at once: one statement deletes them, and inserts
/// them again with all that they held.
package struct ReplacementPlan: Sendable {
  /// All columns that hold something, the unmapped ones too.
  package let columns: [Identifier]
  /// One of them is GENERATED ALWAYS AS IDENTITY.
  package let overridesIdentity: Bool
  /// Foreign keys that would write to the rows that have them. A row to which one refers is not replaced.
  package let dependents: [Dependent]
}
