import Postgres

/// The key cache of a run: what is known of parents' keys, and the rows that are held back because of it.
package struct KeyCache: Sendable {
  package typealias Missing = [(numbers: Set<Int>, bytes: Int)]
  package typealias Ask = @Sendable (Question<Missing>) async throws -> Missing

  package let known: KnownKeys
  package let held: HeldRows
  package let limits: KeyCacheLimits
  /// Asks the target, in one round trip.
  package let ask: Ask
  package let log: RunLog

  /// - Parameter tables: those of the run.
  package init(
    tables: [QualifiedName], limits: KeyCacheLimits, log: RunLog,
    ask: @escaping Ask
  ) {
    known = KnownKeys(tables: tables, limits: limits)
    held = HeldRows(limits: limits)
    self.limits = limits
    self.log = log
    self.ask = ask
  }

  /// `nil`: every row crosses whole.
  package init?(_ context: RunContext) {
    guard context.settings.keyCache == .on else { return nil }
    self.init(
      tables: context.plan.tables.map(\.target), limits: context.settings.keyCacheLimits, log: context.log
    ) { [lock = context.lock] in try await lock.holder.ask($0) }
  }

  /// The filter for one attempt at one of the table's chunks; `nil` where nothing can be saved.
  package func filter(for table: TablePlan) -> OrphanFilter? {
    // What has no known size is taken for large.
    guard let plan = table.keyCache, table.estimatedBytes == 0 || table.estimatedBytes > limits.wholeBytes else {
      return nil
    }
    return OrphanFilter(plan, of: table.target, fieldCount: table.stage.columns.count, cache: self)
  }

  /// The table's rows are on the target, and it needs none of those that were held back any more.
  package func noteLanded(_ table: QualifiedName) {
    known.note(landed: table)
    held.release(table)
  }
}
