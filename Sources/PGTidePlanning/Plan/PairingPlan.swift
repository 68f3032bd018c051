import PostgresValues

/// How rows of ours are paired with the source's, one with one, where the source does not know the target's key. The staged row
/// then holds the key of its partner, or NULL if it has none.
package struct PairingPlan: Sendable {
  /// Columns that name a row. Rows are paired only if they are the same in all of these.
  package let match: [ColumnPlan]
  /// Of these, those whose type says which values are the same; of the others, the texts are compared.
  package let compared: Set<Identifier>
  /// These are all columns that are filled, so that rows that are paired look the same.
  package let isWhole: Bool
  /// Rows of the target have no key, and are known by their place.
  package let isKeyless: Bool

  /// The stage's columns for the partner's key.
  package static func column(_ place: Int) -> Identifier { Identifier("pgtide pair \(place + 1)") }
}
