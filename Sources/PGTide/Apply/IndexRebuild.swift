import Postgres

/// A load's option: the indexes of its table that enforce nothing are built behind the rows, in its transaction. Nobody
/// else can use the table meanwhile.
struct IndexRebuild: Sendable {
  let table: TablePlan
  /// None where they are kept.
  let indexes: [SecondaryIndex]

  /// - Parameter found: those of the table, of which some may have to stay.
  init(_ table: TablePlan, _ found: [SecondaryIndex]) {
    self.table = table
    indexes = found.filter { $0.obstacle == nil }
  }

  var dropping: [SQL] { indexes.isEmpty ? [] : [SecondaryIndex.drop(indexes)] }
  var creating: [SQL] { indexes.isEmpty ? [] : SecondaryIndex.create(indexes) }

  /// Before the first row.
  func begin(on target: Connection) async throws {
    for statement in dropping { try await target.query(statement) }
  }

  /// Behind the last row.
  func end(on target: Connection, _ context: RunContext) async throws {
    guard !indexes.isEmpty else { return }
    let start = ContinuousClock.now
    try await target.batch(creating)
    context.log.indexesRebuilt(table, count: indexes.count, took: start.duration(to: .now))
    context.reports.change(table) { $0.indexesRebuilt = indexes.count }
  }
}

extension TableLoad {
  /// The indexes that stand under the lock.
  var rebuild: Question<IndexRebuild> {
    guard rebuildsIndexes else { return .known(IndexRebuild(table, [])) }
    return Question(SecondaryIndex.question([table.target], withDefinitions: true)) { [table] answer in
      IndexRebuild(table, SecondaryIndex.read(answer)[table.target] ?? [])
    }
  }

  /// The same load with all indexes kept, where this one could not have the table for itself.
  func keepingIndexes(after error: any Error, _ context: RunContext) -> TableLoad? {
    guard rebuildsIndexes, error.serverError?.isRefusedLock(lock) == true else { return nil }
    let reason = "somebody is using the table"
    context.log.indexesKept(table, because: reason)
    context.reports.change(table) { $0.notices.append("its indexes were kept up row by row, because \(reason)") }
    return TableLoad(table, isTogether: false, keepsIndexes: true)
  }
}
