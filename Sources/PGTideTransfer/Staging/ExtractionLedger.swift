import Postgres
import Synchronization

/// What became of the chunks so far. Shared by the workers.
package final class ExtractionLedger: Sendable {
  private let tables: Mutex<[QualifiedName: ExtractedTable]>

  package init(plan: SyncPlan) {
    tables = Mutex(
      Dictionary(
        plan.tables.map { ($0.target, ExtractedTable(openChunks: $0.chunks.count)) },
        uniquingKeysWith: { first, _ in first }))
  }

  package func table(_ name: QualifiedName) -> ExtractedTable {
    tables.withLock { $0[name] } ?? ExtractedTable(openChunks: 0)
  }

  /// The first failure of any table.
  package var failure: SyncError? { tables.withLock { $0.values.compactMap(\.failure).first } }

  package func start(_ chunk: Chunk) {
    tables.withLock { tables in
      if tables[chunk.table]?.started == nil { tables[chunk.table]?.started = .now }
    }
  }

  package func fail(_ table: QualifiedName, _ error: SyncError) {
    tables.withLock { tables in
      if tables[table]?.failure == nil { tables[table]?.failure = error }
    }
  }

  /// Nothing of the table can be read; its group is told when it is compared.
  package func giveUp(_ table: QualifiedName, _ error: SyncError) {
    tables.withLock { $0[table]?.openChunks = 0 }
    fail(table, error)
  }

  /// Nothing of the table is to be staged any more.
  package func landDirectly(_ table: QualifiedName) {
    tables.withLock { tables in
      tables[table]?.openChunks = 0
      tables[table]?.isLoadedDirectly = true
    }
  }

  /// Some of the table's rows need not be read, the others are in so many chunks.
  ///
  /// - Parameters:
  ///   - announced: how many others there are, if that cannot change.
  ///   - standing: rows of ours on the target.
  ///   - read: the buckets of the others.
  package func narrow(
    _ table: QualifiedName, matched: Int, announced: Int?, standing: Int, read: BucketChoice, chunks: Int
  ) {
    tables.withLock { tables in
      tables[table]?.read = read
      tables[table]?.standing = standing
      tables[table]?.openChunks = chunks
      tables[table]?.counts.read = matched
      tables[table]?.counts.matched = matched
      tables[table]?.announced = announced
    }
  }

  /// Returns whether this was the table's last chunk.
  package func add(_ outcome: ChunkCopy.Outcome, of chunk: Chunk) -> Bool {
    tables.withLock { tables in
      guard var table = tables[chunk.table] else { return false }
      table.take(outcome)
      table.seconds = table.started?.duration(to: .now).seconds ?? 0
      table.openChunks -= 1
      tables[chunk.table] = table
      return table.openChunks == 0
    }
  }
}
