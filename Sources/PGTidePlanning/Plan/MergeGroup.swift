import PostgresValues

/// Tables that merge together in one transaction: one, or several that refer to each other in a cycle.
package struct MergeGroup: Sendable {
  package let tables: [QualifiedName]
  /// Groups whose tables these refer to, as indices into the order; all of them lower than this group's own.
  package let parents: [Int]
}
