import Postgres

/// When a merged table deserves an ANALYZE.
enum AnalyzeRule {
  /// Autovacuum's own measure (manual, "20.10 Automatic Vacuuming"): 50 rows and a tenth of the table. It would come by
  /// itself, but up to a minute late, and the app's next query is planned before that.
  ///
  /// - Parameter table: it may have rows that were not read.
  static func applies(to counts: RowCounts, of table: TablePlan) -> Bool {
    let unread = table.readsChangesOnly ? table.changes?.past?.fullRows ?? 0 : 0
    return counts.written > 50 + (counts.matched + counts.staged + counts.protected + unread) / 10
  }
}
