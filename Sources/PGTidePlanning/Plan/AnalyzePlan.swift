import PostgresValues

/// How a table is analyzed when much of it has changed.
///
/// An ANALYZE sorts a sample of every column, which for a wide table takes longer than to load it
/// (docs/inside/performance.md). So only the columns by which rows are found and joined are analyzed at once, if the
/// server's autovacuum will see to the others: an ANALYZE of some columns leaves the count of changes that calls it as it is.
package struct AnalyzePlan: Sendable {
  /// The session's user may.
  package let isAllowed: Bool
  /// Columns of indexes and foreign keys; empty: all columns.
  package let columns: [Identifier]

  package init(isAllowed: Bool, columns: [Identifier] = []) {
    self.isAllowed = isAllowed
    self.columns = columns
  }

  package init(_ facts: TableFacts) {
    self.init(isAllowed: facts.isOwned, columns: facts.columnsToAnalyze)
  }

  package func statement(_ table: QualifiedName) -> SQL {
    let names = columns.map { "\($0)" as SQL }.joined(separator: ", ")
    return columns.isEmpty ? "ANALYZE \(table)" : "ANALYZE \(table) (\(names))"
  }
}
