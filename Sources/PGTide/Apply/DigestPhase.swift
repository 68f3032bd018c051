import Postgres
import Synchronization

/// Finds out before anything is read which rows the target has already. Tables of which nothing is left land at once;
/// of the others less is read.
///
/// What cannot be found out is read as a whole: a digest saves work, and decides nothing that is not looked at again.
struct DigestPhase: Sendable {
  let context: RunContext
  let source: OpenSource
  let merge: MergePhase
  let ledger: ExtractionLedger
  /// Tables that are known to be empty.
  let empty: Set<QualifiedName>

  /// What is left to do.
  struct Remaining: Sendable {
    var plan: SyncPlan
    /// Tables that the target has as they are.
    var landed: Set<QualifiedName> = []
  }

  /// Throws only for what ends the whole run: a cancelled task, no connection, a lost snapshot.
  func run() async throws -> Remaining {
    // Of tables that merge together one may wait for another's rows.
    let candidates = context.plan.tablesAlone.subtracting(empty)
    let tables = context.plan.tables.filter {
      $0.digest.reasonForReading == nil && candidates.contains($0.target) && ledger.table($0.target).failure == nil
    }
    var rest = Remaining(plan: context.plan)
    let trips = RoundTrips.current
    try await withThrowingTaskGroup(of: WorkerResult.self) { workers in
      for share in shares(of: tables) {
        workers.addTask {
          let counted = RoundTrips()
          return try await RoundTrips.$current.withValue(counted) {
            var tables: [(TablePlan, Found)] = []
            for part in parts(of: share) { tables += try await compare(part) }
            return WorkerResult(tables: tables, trips: counted)
          }
        }
      }
      var longest: [String: Int] = [:]
      for try await worker in workers {
        for (table, found) in worker.tables { note(found, of: table, in: &rest) }
        longest.merge(worker.trips.counts, uniquingKeysWith: max)
      }
      trips?.add(longest)
    }
    return rest
  }

  private struct WorkerResult: Sendable {
    let tables: [(TablePlan, Found)]
    let trips: RoundTrips
  }

  private enum Found: Sendable {
    case landed
    case differs(DigestOutcome)
  }

  /// The tables, dealt out so that all workers have about the same to do.
  private func shares(of tables: [TablePlan]) -> [[TablePlan]] {
    var shares = Array(repeating: (bytes: 0, tables: [TablePlan]()), count: min(context.settings.jobs, tables.count))
    for table in tables.sorted(by: { ($0.estimatedBytes, $1.label) > ($1.estimatedBytes, $0.label) }) {
      let least = shares.indices.min { shares[$0].bytes < shares[$1].bytes } ?? 0
      shares[least].bytes += table.estimatedBytes
      shares[least].tables.append(table)
    }
    return shares.map(\.tables)
  }

  /// What is asked in one message, and locked in one transaction of the target.
  private func parts(of share: [TablePlan]) -> [[TablePlan]] {
    guard share.count > Self.mostTogether else { return [share] }
    return share.filter(\.digest.isKept).parts(of: Self.mostTogether)
      + share.filter { !$0.digest.isKept }.parts(of: Self.mostTogether)
  }

  private static let mostTogether = 200

  // MARK: - One worker

  private func compare(_ tables: [TablePlan]) async throws -> [(TablePlan, Found)] {
    let start = ContinuousClock.now
    do {
      let outcomes = try await outcomes(of: tables, since: start)
      return zip(tables, outcomes).map { table, outcome in
        context.log.digestCompared(table, outcome, took: start.duration(to: .now))
        return (table, outcome.isLevel ? .landed : .differs(outcome))
      }
    } catch let error where error.endsRun {
      throw error
    } catch {
      for table in tables { context.log.digestGivenUp(table, error) }
      return []
    }
  }

  /// Asks both ends, and writes down which tables are level. On each end that is one transaction in one session, which
  /// keeps the buckets until all questions about them are answered; nothing of it stays behind there.
  private func outcomes(
    of tables: [TablePlan], since start: ContinuousClock.Instant
  ) async throws -> [DigestOutcome] {
    let statements = tables.enumerated().map { DigestSQL(table: $1, place: $0) }
    let found = Mutex<[DigestOutcome]>([])
    try await source.lend { here in
      try await beside({ try await wholes(statements, on: here) }) { sources in
        let question = Question.each(statements.map { Question($0.whole(.target), DigestWhole.init) })
        let way = WayIn(asking: question) { there, targets in
          var searches = try await zip(zip(tables, statements), zip(sources.value, targets)).map { asked, answers in
            search(asked.0, source: answers.0, target: answers.1)
          }
          while let next = try await searches.answered(statements, here, there) { searches = next }
          // What was read after the owner had lost its locks proves nothing.
          try await source.checkOwner()
          let outcomes = searches.map(\.outcome)
          found.withLock { $0 = outcomes }
          return .statements(try records(Array(zip(tables, outcomes)), since: start))
        }
        try await Landing(merge: merge, tables: tables, writes: false, doing: "compared").land(by: way)
      }
    }
    return found.withLock(\.self)
  }

  /// What the source says. Where it has kept nothing, the locks go as well; few tables' are not worth it.
  private func wholes(_ statements: [DigestSQL], on source: Connection) async throws -> [DigestWhole] {
    let wholes = Question.each(statements.map { Question($0.whole(.source), DigestWhole.init) })
    let question = DigestSQL.onSource(statements, wholes)
    guard statements.count > 32, !statements.contains(where: \.table.digest.isKept) else {
      return try await source.ask(question)
    }
    return try await PassingLocks.ask(question, on: source)
  }

  private func search(_ table: TablePlan, source: DigestWhole, target: DigestWhole) -> DigestSearch {
    DigestSearch(
      plan: table.digest, source: source, target: target, bytesPerRow: table.source.bytes / max(1, source.rows))
  }

  /// What is to be written down of the tables that are level.
  private func records(
    _ tables: [(TablePlan, DigestOutcome)], since start: ContinuousClock.Instant
  ) throws -> [SQL] {
    let level = tables.filter(\.1.isLevel)
    let rows = level.map(\.1.matched).reduce(0, +)
    return try level.flatMap { table, outcome in
      var counts = RowCounts()
      counts.read = outcome.matched
      counts.matched = outcome.matched
      counts.unchanged = outcome.matched
      // All rows of the source stand there, each as another row.
      counts.targetOnly = max(0, outcome.standing - outcome.matched)
      // One answer brought all of them; each gets its part of the time.
      let part = Double(outcome.matched) / Double(max(1, rows))
      return try merge.landed(table, counts, since: .now - start.duration(to: .now) * part)
    }
  }

  // MARK: - What is left

  private func note(_ found: Found, of table: TablePlan, in rest: inout Remaining) {
    switch found {
    case .landed:
      rest.landed.insert(table.target)
      ledger.landDirectly(table.target)
      rest.plan.setChunks([], of: table.target)
      merge.keyCache?.noteLanded(table.target)
      context.observer(.staged(table: table.label, rows: context.reports.report(table).counts.matched, bytes: 0))
      merge.announce([table])
    case .differs(let outcome) where outcome.isWorthNarrowing:
      let chunks = chunks(of: table, outcome)
      // A filter may look at the time, which goes on between two statements.
      let announced = table.source.filter == nil ? outcome.toRead : nil
      ledger.narrow(
        table.target, matched: outcome.matched, announced: announced, standing: outcome.standing,
        read: outcome.read, chunks: chunks.count)
      rest.plan.setChunks(chunks, of: table.target)
      context.observer(.staged(table: table.label, rows: outcome.matched, bytes: 0))
    case .differs: break
    }
  }

  /// Chunks that read the buckets which differ. Their page ranges are wider, because less of each is sent.
  private func chunks(of table: TablePlan, _ outcome: DigestOutcome) -> [Chunk] {
    // The target has rows that the source has not.
    if outcome.toRead == 0 { return [] }
    let rows = outcome.matched + outcome.toRead
    let widened = context.settings.chunkBytes.multipliedReportingOverflow(by: min(16, rows / max(1, outcome.toRead)))
    let chunker = Chunker(
      chunkBytes: widened.overflow ? .max : widened.partialValue, chunkRows: context.settings.chunkRows,
      blockSize: context.plan.source.blockSize)
    return chunker.chunks(
      of: table.source, columns: table.stage.columns, format: table.format, table: table.target,
      only: DigestSQL(table: table, place: 0).isInBuckets(outcome.read, on: .source))
  }
}

/// Runs `body` while `work` is on its way, which has ended when this returns.
private func beside<Other: Sendable, R: Sendable>(
  _ work: @escaping @Sendable () async throws -> Other, _ body: (Task<Other, any Error>) async throws -> R
) async throws -> R {
  let task = Task(operation: work)
  return try await withTaskCancellationHandler {
    let result = await Result.of { try await body(task) }
    if case .failure = result { task.cancel() }
    _ = await task.result
    return try result.get()
  } onCancel: {
    task.cancel()
  }
}
