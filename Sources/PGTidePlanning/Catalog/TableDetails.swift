import PostgresValues

/// What a server says of a table beside what a run asks: for people to read.
package struct TableDetails: Sendable, Equatable {
  /// With indexes and wide values, and those of its partitions; `nil` for what has none, or while somebody has locked it.
  package var bytes: Int?
  /// The planner's estimate; `nil` if it has none.
  package var estimatedRows: Int?
  package var deadRows: Int?
  /// When it was last analyzed, by whomever, in UTC (ISO 8601); `nil` if never.
  package var lastAnalyzed: String?
  /// Defaults and generation expressions as SQL, by column; without those that could not be read for a lock.
  package var expressions: [Identifier: String] = [:]
  package var triggers: [TriggerFacts] = []

  package init() {}
}
