import Postgres

/// A check from its plan to what it has found.
struct CheckRun: Sendable {
  private let context: CheckContext
  private let sessions: Sessions
  private let source: SourceHolding
  private let tables: [CheckTable]

  init(_ context: CheckContext, tables: [TablePlan], sessions: Sessions, source: SourceHolding) {
    self.context = context
    self.sessions = sessions
    self.source = source
    self.tables = tables.enumerated().map { CheckTable($1, place: $0 + 1) }
  }

  /// Tables that are compared in one session of the target.
  private struct Share: Sendable {
    var connection: Connection
    var sets: [[RowsToCompare]]
  }

  /// What has become of the tables so far.
  private struct Results: Sendable {
    var reports: [QualifiedName: TableCheck] = [:]

    mutating func fail(_ tables: some Sequence<QualifiedName>, _ error: any Error) {
      for table in tables { reports[table]?.fail(error.plain) }
    }
  }

  func run() async throws -> [TableCheck] {
    guard !tables.isEmpty else { return [] }
    var results = Results()
    for table in tables {
      results.reports[table.name] = TableCheck(label: table.plan.label, source: table.plan.source.description)
    }
    var shares: [Share] = []
    do {
      shares = try await lookFirst(&results)
      if !shares.allSatisfy(\.sets.isEmpty) { try await lookAgain(shares, &results) }
      for share in shares { await context.targets.giveBack(share.connection) }
    } catch {
      for share in shares { await context.targets.giveBack(share.connection) }
      throw error
    }
    return tables.compactMap { results.reports[$0.name] }
  }

  private func withSource<R: Sendable>(
    _ results: inout Results, _ body: (OpenSource, inout Results) async throws -> R
  ) async throws -> R {
    let (result, noted) = try await source.withSource(context, sessions) { [results] source, failures in
      var noted = results
      for (table, error) in failures { noted.fail([table], error) }
      return (try await body(source, &noted), noted)
    }
    results = noted
    return result
  }

  // MARK: - The first look

  /// Returns the tables in which something was found, in the sessions that have it.
  private func lookFirst(_ results: inout Results) async throws -> [Share] {
    try await withSource(&results) { source, results in
      let start = ContinuousClock.now
      let asked = tables.filter { results.reports[$0.name]?.status != .failed }
      let outcomes = try await CheckDigest(context: context, source: source).outcomes(of: asked)
      let seconds = start.duration(to: .now).seconds
      var rest: [RowsToCompare] = []
      for table in asked {
        guard let outcome = outcomes[table.name] else {
          results.reports[table.name]?.comparison = .rows
          rest.append(RowsToCompare(table))
          continue
        }
        results.reports[table.name]?.seconds = seconds
        if outcome.isLevel && outcome.withoutKey == 0 {
          results.reports[table.name]?.comparison = .digest
          results.reports[table.name]?.level = outcome.matched
        } else {
          let rows = RowsToCompare(
            table, outcome, settings: context.settings, blockSize: context.plan.source.blockSize)
          results.reports[table.name]?.comparison = rows.narrowing == nil ? .rows : .digestAndRows
          rest.append(rows)
        }
      }
      let shares = try await shares(of: rest.connected)
      do {
        return try await look(shares, &results) { try await $0.begin($1, from: source) }
      } catch {
        for share in shares { await context.targets.giveBack(share.connection) }
        throw error
      }
    }
  }

  /// Deals sets of tables out to sessions.
  private func shares(of sets: [[RowsToCompare]]) async throws -> [Share] {
    func bytes(_ sets: [[RowsToCompare]]) -> Int { sets.joined().map(\.table.plan.estimatedBytes).reduce(0, +) }
    var dealt = Array(repeating: [[RowsToCompare]](), count: min(context.settings.jobs, sets.count))
    for set in sets.sorted(by: { bytes([$0]) > bytes([$1]) }) {
      let least = dealt.indices.min { bytes(dealt[$0]) < bytes(dealt[$1]) } ?? 0
      dealt[least].append(set)
    }
    var shares: [Share] = []
    do {
      for sets in dealt { shares.append(Share(connection: try await context.targets.borrow(), sets: sets)) }
    } catch {
      for share in shares { await context.targets.giveBack(share.connection) }
      throw error
    }
    return shares
  }

  // MARK: - Both looks

  private func lookAgain(_ shares: [Share], _ results: inout Results) async throws {
    _ = try await withSource(&results) { source, results in
      try await look(shares, &results, isLast: true) { try await $0.confirm($1, from: source) }
    }
  }

  /// Lets each session look at its tables. Returns those in which something was found.
  private func look(
    _ shares: [Share], _ results: inout Results, isLast: Bool = false,
    _ body: @escaping @Sendable (CheckLane, [RowsToCompare]) async throws -> [QualifiedName: CheckLane.Found]
  ) async throws -> [Share] {
    typealias Looked = (place: Int, tables: [RowsToCompare], found: Result<[QualifiedName: CheckLane.Found], any Error>)
    let failed = Set(results.reports.filter { $0.value.status == .failed }.keys)
    let looked = try await withThrowingTaskGroup(of: [Looked].self) { workers in
      for (place, share) in shares.enumerated() {
        workers.addTask {
          let lane = CheckLane(context: context, connection: share.connection)
          var looked: [Looked] = []
          for tables in share.sets {
            let readable = tables.filter { !failed.contains($0.table.name) }
            let start = ContinuousClock.now
            do {
              var found = try await body(lane, readable)
              for name in found.keys { found[name]?.seconds = start.duration(to: .now).seconds }
              looked.append((place, readable, .success(found)))
            } catch let error where error.endsRun {
              throw error
            } catch {
              looked.append((place, readable, .failure(error)))
            }
          }
          return looked
        }
      }
      return try await workers.reduce(into: [Looked]()) { $0 += $1 }
    }
    var rest = shares.map { Share(connection: $0.connection, sets: []) }
    for (place, tables, outcome) in looked {
      switch outcome {
      case .failure(let error):
        let single = tables.count == 1 ? tables[0].table.name : nil
        results.fail(tables.map(\.table.name), SyncError(error, table: single, while: "compared"))
      case .success(let found):
        note(found, of: tables, in: &results, isLast: isLast)
        if found.values.contains(where: { !$0.isEmpty }) { rest[place].sets.append(tables) }
      }
    }
    return rest
  }

  private func note(
    _ found: [QualifiedName: CheckLane.Found], of tables: [RowsToCompare], in results: inout Results, isLast: Bool
  ) {
    for rows in tables {
      guard let found = found[rows.table.name] else { continue }
      results.reports[rows.table.name]?.seconds += found.seconds
      guard isLast else {
        results.reports[rows.table.name]?.level = rows.matched + found.unchanged
        continue
      }
      for count in found.counts { results.reports[rows.table.name]?.add(count.kind, count.verdict, count.rows) }
      results.reports[rows.table.name]?.take(found.lines)
      results.reports[rows.table.name]?.settings = found.settings
    }
  }
}
