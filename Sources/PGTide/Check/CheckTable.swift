import Postgres

/// One table of a check, with the temporary stage that takes its rows.
struct CheckTable: Sendable {
  let plan: TablePlan
  /// Among all tables of the check.
  let place: Int

  init(_ plan: TablePlan, place: Int) {
    var temporary = plan
    temporary.stage = StageTable(temporary: place, columns: plan.stage.columns)
    temporary.keyCache = nil
    self.plan = temporary
    self.place = place
  }

  var name: QualifiedName { plan.target }
}

/// Which rows of a table have to be compared one by one.
struct RowsToCompare: Sendable {
  var table: CheckTable
  var chunks: [Chunk]
  /// Rows that the digest has found the same.
  var matched = 0
  /// Which rows of the target are looked for; `nil`: all.
  var narrowing: SQL?

  /// All of them.
  init(_ table: CheckTable) {
    self.table = table
    chunks = table.plan.chunks
  }

  /// Those of the buckets that differ; all where that leaves out too few.
  init(_ table: CheckTable, _ outcome: DigestOutcome, settings: RunSettings, blockSize: Int) {
    self.init(table)
    guard outcome.isWorthNarrowing, outcome.buckets > 1 else { return }
    matched = outcome.matched
    let sql = DigestSQL(table: table.plan, place: 0)
    guard !outcome.differing.isEmpty else {
      // Rows without a key stand on the target only.
      (chunks, narrowing) = ([], "false")
      return
    }
    narrowing = sql.isInBuckets(outcome.read, on: .target)
    chunks = Chunker(chunkBytes: settings.chunkBytes, chunkRows: settings.chunkRows, blockSize: blockSize).chunks(
      of: table.plan.source, columns: table.plan.stage.columns, format: table.plan.format, table: table.name,
      only: sql.isInBuckets(outcome.read, on: .source))
  }

  var sql: CheckSQL { CheckSQL(table: table.plan, place: table.place, narrowing: narrowing) }
}

extension [RowsToCompare] {
  /// Tables of which one refers to another, so that the rows of both have to be known together; parents stand first.
  var connected: [[RowsToCompare]] {
    var places = Array<Int>(indices)
    for (child, rows) in enumerated() {
      for (parent, other) in enumerated() {
        guard rows.table.plan.parents.contains(other.table.name) else { continue }
        let (kept, gone) = (places[parent], places[child])
        places = places.map { $0 == gone ? kept : $0 }
      }
    }
    return Dictionary(grouping: indices) { places[$0] }.values.map { $0.map { self[$0] } }
      .sorted { $0[0].table.place < $1[0].table.place }
  }
}
