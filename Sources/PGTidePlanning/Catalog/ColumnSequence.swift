import PostgresValues

/// A sequence from which a column takes its numbers: its identity's, one that it owns, or one that its default draws from.
package struct ColumnSequence: Sendable, Hashable {
  package let column: Identifier
  package let name: QualifiedName
  package let increment: Int64
  package let start: Int64
  package let minimum: Int64
  package let maximum: Int64
  /// How many numbers a session takes at a time.
  package let cache: Int64
  /// What is drawn is the column's value as it is.
  package let isPlain: Bool
  /// The session's user may draw from it.
  package let canUse: Bool
  /// The session's user may alter it.
  package let isOwned: Bool

  package init(
    column: Identifier, name: QualifiedName, increment: Int64 = 1, start: Int64 = 1, minimum: Int64 = 1,
    maximum: Int64 = .max, cache: Int64 = 1, isPlain: Bool = true, canUse: Bool = true, isOwned: Bool = true
  ) {
    self.column = column
    self.name = name
    self.increment = increment
    self.start = start
    self.minimum = minimum
    self.maximum = maximum
    self.cache = cache
    self.isPlain = isPlain
    self.canUse = canUse
    self.isOwned = isOwned
  }
}
