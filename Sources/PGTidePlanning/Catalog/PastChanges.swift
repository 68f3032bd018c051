import PostgresValues

/// What the last run in which a table landed has written down, so that the next one needs to read only what has changed.
package struct PastChanges: Sendable, Equatable {
  /// Whatever was not seen then has a later time than this, in UTC; `nil`: that cannot be said.
  package var mark: String?
  /// Why it cannot, or why the mark is an older one.
  package var reason: String?
  /// When all rows were looked at, by the target's clock, as the history has it.
  package var fullAt: String
  /// Seconds since then.
  package var age: Double
  /// Rows that were read then.
  package var fullRows: Int
  /// ``ChangePlan/fingerprint``.
  package var plan: String
  /// ``ChangeFacts/nextTransaction``.
  package var nextTransaction: Int?
}
