import Postgres

/// Finds out before anything is read which rows the target has already. Tables of which nothing is left land at once;
/// of the others less is read.
///
/// What cannot be found out is read as a whole: a digest saves work, and decides nothing that is not looked at again.
struct DigestPhase: Sendable {
  let plan: SyncPlan
  let settings: RunSettings
  let source: OpenSource
  let merge: MergePhase
  let ledger: ExtractionLedger
  /// Tables that are known to be empty.
  let empty: Set<QualifiedName>

  /// What is left to do.
  struct Rest: Sendable {
    var plan: SyncPlan
    /// Tables that the target has as they are.
    var landed: Set<QualifiedName> = []
  }

  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run() async throws -> Rest {
    // Of tables that merge together one may wait for another's rows.
    let candidates = plan.tablesAlone.subtracting(empty)
    let tables = plan.tables.filter {
      $0.digest.reasonForReading == nil && candidates.contains($0.target) && ledger.table($0.target).failure == nil
    }
    var rest = Rest(plan: plan)
    let trips = RoundTrips.current
    try await withThrowingTaskGroup(of: LaneResult.self) { lanes in
      for share in shares(of: tables) {
        lanes.addTask {
          let counted = RoundTrips()
          return try await RoundTrips.$current.withValue(counted) {
            LaneResult(tables: try await compare(share), trips: counted)
          }
        }
      }
      var longest: [String: Int] = [:]
      for try await lane in lanes {
        for (table, found) in lane.tables { note(found, of: table, in: &rest) }
        longest.merge(lane.trips.counts, uniquingKeysWith: max)
      }
      trips?.add(longest)
    }
    return rest
  }

  private struct LaneResult: Sendable {
    let tables: [(TablePlan, Found)]
    let trips: RoundTrips
  }

  private enum Found: Sendable {
    case landed
    case differs(DigestOutcome)
  }

  /// The tables, dealt out so that all lanes have about the same to do.
  private func shares(of tables: [TablePlan]) -> [[TablePlan]] {
    var shares = Array(repeating: (bytes: 0, tables: [TablePlan]()), count: min(settings.jobs, tables.count))
    for table in tables.sorted(by: { ($0.estimatedBytes, $1.label) > ($1.estimatedBytes, $0.label) }) {
      let least = shares.indices.min { shares[$0].bytes < shares[$1].bytes } ?? 0
      shares[least].bytes += table.estimatedBytes
      shares[least].tables.append(table)
    }
    return shares.map(\.tables)
  }

  // MARK: - One lane

  private func compare(_ tables: [TablePlan]) async throws -> [(TablePlan, Found)] {
    let start = ContinuousClock.now
    do {
      let outcomes = try await outcomes(of: tables)
      // What was read after the owner had lost its locks proves nothing.
      try await source.checkOwner()
      let level = zip(tables, outcomes).filter(\.1.isLevel)
      try await land(level, since: start)
      return zip(tables, outcomes).map { table, outcome in
        merge.log.digestCompared(table, outcome, took: start.duration(to: .now))
        return (table, outcome.isLevel ? .landed : .differs(outcome))
      }
    } catch let error where error.endsRun {
      throw error
    } catch {
      for table in tables { merge.log.digestGivenUp(table, error) }
      return []
    }
  }

  private func outcomes(of tables: [TablePlan]) async throws -> [DigestOutcome] {
    let statements = tables.map(DigestSQL.init)
    async let here = source.lend { try await $0.batch(statements.map(\.source)) }
    async let there = merge.targets.lend { try await $0.batch(statements.map(\.target)) }
    let (sources, targets) = try await (here, there)
    return try zip(sources, targets).map { try Digest.compare(source: Digest($0), target: Digest($1)) }
  }

  /// Writes down that these tables are level.
  private func land(_ tables: [(TablePlan, DigestOutcome)], since start: ContinuousClock.Instant) async throws {
    guard !tables.isEmpty else { return }
    let rows = tables.map(\.1.matched).reduce(0, +)
    let records = try tables.flatMap { table, outcome in
      var counts = RowCounts()
      counts.read = outcome.matched
      counts.matched = outcome.matched
      counts.unchanged = outcome.matched
      try table.check(Accounting.mergeMismatch(counts))
      // One answer brought all of them; each gets its part of the time.
      let part = Double(outcome.matched) / Double(max(1, rows))
      return merge.record(counts, of: table, since: .now - start.duration(to: .now) * part)
    }
    try await merge.committing(tables.map(\.0)) { _, _ in Conclusion(statements: records) }
  }

  // MARK: - What is left

  private func note(_ found: Found, of table: TablePlan, in rest: inout Rest) {
    switch found {
    case .landed:
      rest.landed.insert(table.target)
      ledger.landDirectly(table.target)
      rest.plan.setChunks([], of: table.target)
      merge.keyCache?.noteLanded(table.target)
      merge.reports.change(table) { $0.status = .success }
      let report = merge.reports.report(table)
      merge.log.mergeCommitted(report)
      merge.observer(.staged(table: table.label, rows: report.counts.matched, bytes: 0))
      merge.observer(.finished(report))
    case .differs(let outcome) where outcome.isWorthNarrowing:
      let chunks = chunks(of: table, outcome)
      // A filter may look at the time, which goes on between two statements.
      let announced = table.source.filter == nil ? outcome.toRead : nil
      ledger.narrow(table.target, matched: outcome.matched, announced: announced, chunks: chunks.count)
      rest.plan.setChunks(chunks, of: table.target)
      merge.observer(.staged(table: table.label, rows: outcome.matched, bytes: 0))
    case .differs: break
    }
  }

  /// Chunks that read the buckets which differ. Their page ranges are wider, because less of each is sent.
  private func chunks(of table: TablePlan, _ outcome: DigestOutcome) -> [Chunk] {
    let rows = outcome.matched + outcome.toRead
    let widened = settings.chunkBytes.multipliedReportingOverflow(by: min(16, rows / max(1, outcome.toRead)))
    let chunker = Chunker(
      chunkBytes: widened.overflow ? .max : widened.partialValue, chunkRows: settings.chunkRows,
      blockSize: plan.source.blockSize)
    return chunker.chunks(
      of: table.source, columns: table.stage.columns, format: table.format, table: table.target,
      only: DigestSQL(table: table).isInBuckets(outcome.differing))
  }
}
